/** The events of `--json`, against a golden file of a run that meets each kind that a quick run can meet. */
import assert from "node:assert/strict";
import type { Event } from "../src/core/event.ts";
import { golden } from "./golden.ts";
import { runPipeline, workingFolder } from "./run/run_project.ts";

/** Which names a value has, and what is below them, without what differs from run to run. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(shapeOf(item))))].sort();
  if (typeof value !== "object" || value === null) return typeof value;
  const entries = Object.entries(value).map(([name, item]) => [name, name === "is" ? item : shapeOf(item)]);
  return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1));
}

const shapesOf = (events: readonly unknown[]): string[] =>
  [...new Set(events.map((event) => JSON.stringify(shapeOf(event))))].sort();

/** Ids, times, digests and folders are the same in every golden file. */
function withoutChance(event: Event, folder: string): string {
  return JSON.stringify(event, (name, value) => {
    if (/At$|^at$/.test(name) && typeof value === "number") return 1764000000000;
    if (name === "tookMs") return 12;
    return value;
  })
    .replaceAll(folder, "/project")
    .replaceAll(/sha256:[0-9a-f]{64}/g, `sha256:${"0".repeat(64)}`)
    .replaceAll(/(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/g, "0".repeat(32));
}

Deno.test("the events of a run have the shape of the golden ones", async () => {
  await using folder = await workingFolder();
  const finished = await runPipeline(["main", "--json", "--jobs", "1", "--plots"], folder.path);
  assert.equal(finished.code, 0, finished.stderr);
  // The function among the steps is cached the second time.
  const again = await runPipeline(["main", "--json", "--jobs", "1"], folder.path);
  const events = [...finished.events, ...again.events];
  const made = events.map((event) => withoutChance(event, folder.path));
  if (Deno.env.get("UPDATE_GOLDEN") === "1") await golden("events.jsonl", `${made.join("\n")}\n`);
  const kept = (await golden("events.jsonl")).trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(shapesOf(events), shapesOf(kept));
});
