import assert from "node:assert/strict";
import { join } from "node:path";
import type { Event } from "../../src/core/event.ts";
import { startDeno, workingFolder } from "../run/run_project.ts";

const pipelineText = `
import { deno, file, main, pipeline, sh, step } from "sluice";
const env = deno();
const make = step("make", { env, sources: [], outputs: { made: file() },
  command: ({ outputs }) => sh\`/bin/sh -c \${'echo made > "$0"'} \${outputs.made}\` });
const read = step("read", { env, sources: [], inputs: { made: file() }, outputs: { copy: file() },
  command: ({ inputs, outputs }) =>
    sh\`/bin/sh -c \${'sleep 1; cat "$0" > "$1"'} \${inputs.made} \${outputs.copy}\` });
const chain = pipeline("chain", {}, () => { const made = make({}); return { read: read({ made: made.made }) }; });
export default chain;
if (import.meta.main) await main(chain);
`;

/** The events of a run; `meet` is told of each as it comes. */
async function run(folder: string, meet: (event: Event) => void = () => {}): Promise<Event[]> {
  const child = startDeno(["pipeline.ts", "read", "--json"], folder);
  const events: Event[] = [];
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      events.push(JSON.parse(line));
      meet(events.at(-1)!);
    }
  }
  assert.ok((await child.status).success, await new Response(child.stderr).text());
  return events;
}

const warnings = (events: readonly Event[]): string[] =>
  events.flatMap((event) => event.is === "warning" ? [event.message] : []);
const outcomes = (events: readonly Event[]): Record<string, string> =>
  Object.fromEntries(
    events.flatMap((event) => event.is === "step-ended" ? [[event.step, event.outcome.is]] : []),
  );

Deno.test("a step whose input was edited in the tracker meanwhile is not kept, and runs again", async () => {
  await using folder = await workingFolder();
  await Deno.writeTextFile(join(folder.path, "pipeline.ts"), pipelineText);
  let output: string | undefined;
  const first = await run(folder.path, (event) => {
    if (event.is === "step-ended" && event.step === "make") {
      output = event.outputs["made"]!.path;
    }
    if (event.is !== "step-started" || event.step !== "read") return;
    Deno.chmodSync(output!, 0o644);
    Deno.writeTextFileSync(output!, "evil\n");
  });
  assert.deepEqual(outcomes(first), { make: "finished", read: "finished" });
  assert.match(
    warnings(first).join("\n"),
    /"read" is not kept as its input `.*made` changed since it was made/,
  );
  assert.deepEqual(outcomes(await run(folder.path)), { make: "finished", read: "finished" });
  const third = await run(folder.path);
  assert.deepEqual(outcomes(third), { make: "cached", read: "cached" });
  assert.deepEqual(warnings(third), []);
});
