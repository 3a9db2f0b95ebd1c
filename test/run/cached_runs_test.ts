/** What is recorded of a step that is taken from the cache, in the same tracker and in another. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { findRun, readRuns, type RecordedRun, runSluice, workingFolder } from "./run_project.ts";

const pipeline = `import { file, float, pipeline, step } from "sluice";
const fit = step("fit", {
  params: { rate: float().default(0.5) },
  outputs: { weights: file() },
  metrics: ["loss"],
  run: async ({ params, outputs, log }) => {
    for (let index = 0; index < 10; index++) log.metric("loss", params.rate / (index + 1), index);
    log.metric("best", Infinity);
    log.param("optimizer", "sgd");
    log.tag("note", "a first try");
    await Deno.writeTextFile(outputs.weights, "1 2 3");
    return { loss: 0.01 };
  },
});
export default pipeline("cached", {}, () => ({ fit: fit({}).weights }));
`;

function pointsOf(folder: string, run: RecordedRun): unknown[] {
  const database = new DatabaseSync(join(folder, "mlflow.db"), { readOnly: true });
  try {
    const query =
      "SELECT key, value, step, timestamp FROM metrics WHERE run_uuid = ? ORDER BY key, step, value";
    return database.prepare(query).all(run.id);
  } finally {
    database.close();
  }
}

/** Runs the pipeline in `project` with the tracker in `cwd`; the newest run of the step. */
async function runOnce(project: string, cwd: string): Promise<RecordedRun> {
  const run = await runSluice(["run", project, "--quiet"], cwd);
  assert.equal(run.code, 0, run.stderr);
  return findRun(readRuns(cwd).reverse(), "fit")!;
}

const withoutOwn = ({ tags, ...run }: RecordedRun) => ({
  ...{ params: run.params, metrics: run.metrics, status: run.status },
  note: tags["note"],
  keys: [tags["sluice.key"], tags["sluice.resolvedKey"], tags["sluice.sandbox"]],
});

Deno.test("a cached run has all that the run logged that made it, and its artifacts", async () => {
  await using folder = await workingFolder();
  const [project, here, there] = ["project", "here", "there"].map((name) => join(folder.path, name));
  for (const path of [project!, here!, there!]) await Deno.mkdir(path);
  await Deno.writeTextFile(join(project!, "pipeline.ts"), pipeline);
  const made = await runOnce(project!, here!);
  assert.equal(made.tags["sluice.cache"], "executed");

  const again = await runOnce(project!, here!);
  assert.deepEqual([again.tags["sluice.cache"], again.tags["sluice.cache.run"]], ["cached", made.id]);
  assert.deepEqual(withoutOwn(again), withoutOwn(made));
  assert.deepEqual(pointsOf(here!, again), pointsOf(here!, made));
  assert.equal(pointsOf(here!, made).length, 12);
  assert.equal(again.artifacts, made.artifacts);

  const elsewhere = await runOnce(project!, there!);
  assert.deepEqual(withoutOwn(elsewhere), withoutOwn(made));
  assert.deepEqual(pointsOf(there!, elsewhere), pointsOf(here!, made));
  const [first, second] = [made, elsewhere].map((run) => Deno.lstatSync(join(run.artifacts, "weights")));
  assert.equal(second!.ino, first!.ino, "one file on disk for both");
  assert.deepEqual([...Deno.readDirSync(elsewhere.artifacts)].map(({ name }) => name), ["weights"]);
});

Deno.test("a cached run whose artifacts are gone gets its own", async () => {
  await using folder = await workingFolder();
  await Deno.writeTextFile(join(folder.path, "pipeline.ts"), pipeline);
  const made = await runOnce(".", folder.path);
  await Deno.remove(join(folder.path, "mlruns"), { recursive: true });
  const again = await runOnce(".", folder.path);
  assert.equal(again.tags["sluice.cache"], "cached");
  assert.notEqual(again.artifacts, made.artifacts);
  assert.equal(await Deno.readTextFile(join(again.artifacts, "weights")), "1 2 3");
});
