/** The property of the cache: whatever is edited, a run with it makes what a run without it makes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { isDone, type StepReport } from "../../src/core/event.ts";
import { digestTree } from "../../src/core/file_tree.ts";
import { expectDone, openProject } from "./mutated_project.ts";
import { anyEdit, anyPipeline, type RandomPipeline, writePipeline } from "./random_pipelines.ts";

/** Edits follow each other in one project with one cache; between them the cache may be collected. */
export async function checkRandomPipelines(count: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      anyPipeline,
      fc.array(fc.record({ edit: anyEdit, collects: fc.boolean() }), { minLength: 1, maxLength: 3 }),
      async (first, edits) => {
        const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-random-" }));
        try {
          let pipeline = first;
          await compareRuns(root, pipeline);
          for (const { edit, collects } of edits) {
            pipeline = edit(pipeline);
            if (collects) await collect(root);
            await compareRuns(root, pipeline);
          }
        } finally {
          await Deno.remove(root, { recursive: true });
        }
      },
    ),
    { numRuns: count, endOnFailure: true },
  );
}

async function compareRuns(root: string, pipeline: RandomPipeline): Promise<void> {
  const cached = openProject(root);
  const fresh = openProject(join(root, "fresh"));
  for (const { folder } of [cached, fresh]) await writePipeline(folder, pipeline);
  const forecast = await cached.ask();
  const [with_, without] = [await reports(cached.run()), await reports(fresh.run({ args: ["--no-cache"] }))];
  assert.deepEqual(digests(with_), digests(without));
  for (const { outputs } of with_) {
    for (const { path, digest } of Object.values(outputs)) {
      assert.equal((await digestTree(path)).digest, digest);
    }
  }
  // What is said to be cached is, and what depends or will run may be cut off, but only behind one that runs.
  const executed = with_.filter(({ outcome }) => outcome.is === "finished").map(({ step }) => step);
  for (const step of executed) assert.ok(step in forecast, `${step} was said to be cached`);
}

async function reports(run: Parameters<typeof expectDone>[0]): Promise<readonly StepReport[]> {
  const { events } = await expectDone(run);
  const ended = events.flatMap((event) => event.is === "run-ended" ? event.steps : []);
  assert.ok(ended.length > 0 && ended.every(({ outcome }) => isDone(outcome)));
  return ended;
}

const digests = (steps: readonly StepReport[]) =>
  Object.fromEntries(steps.map(({ step, outputs }) => [step, outputs["made"]!.digest]));

const collect = (root: string) => expectDone(openProject(root).sluice(["cache", "gc", "--max", "0B"]));
