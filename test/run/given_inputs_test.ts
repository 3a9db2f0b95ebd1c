import assert from "node:assert/strict";
import { join } from "node:path";
import { openSqliteTracker } from "../../src/tracker/sqlite_tracker.ts";
import { findRun, pipelineFile, readRuns, runSluice, workingFolder } from "./run_project.ts";

const inspection = `${pipelineFile}#inspection`;

/** A registered model of two versions, the second one the champion, with its files in a folder of its own. */
async function registerModel(folder: string): Promise<void> {
  const tracker = await openSqliteTracker(join(folder, "mlflow.db"), { create: true, clock: Date.now });
  await tracker.createRegisteredModel("line");
  for (const version of ["1", "2"]) {
    const source = join(folder, `model-${version}`);
    await Deno.mkdir(source);
    await Deno.writeTextFile(join(source, "MLmodel"), "flavors:\n  python_function: {}\n");
    await Deno.writeTextFile(join(source, "weights"), version);
    await tracker.createModelVersion({ name: "line", source, tags: [] });
  }
  await tracker.setModelAlias("line", "champion", "2");
  await tracker.close();
}

async function planned(folder: string): Promise<{ version: string; key: string }> {
  const { code, stdout, stderr } = await runSluice(["plan", inspection, "--json"], folder);
  assert.equal(code, 0, stderr);
  const [step] = JSON.parse(stdout).steps;
  return { version: step.inputs.champion.input.version, key: step.key };
}

Deno.test("a step gets a file beside the pipeline and a registered model as its inputs", async () => {
  await using folder = await workingFolder();
  await registerModel(folder.path);
  const run = await runSluice(["run", inspection], folder.path);
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(findRun(readRuns(folder.path), "inspect")!.metrics, { lines: 3, files: 2 });
});

Deno.test("the plan holds the version that an alias stands for, and the key the model's content", async () => {
  await using folder = await workingFolder();
  await registerModel(folder.path);
  const before = await planned(folder.path);
  assert.equal(before.version, "2");
  assert.deepEqual(await planned(folder.path), before);
  await Deno.writeTextFile(join(folder.path, "model-2", "weights"), "changed");
  const after = await planned(folder.path);
  assert.equal(after.version, "2");
  assert.notEqual(after.key, before.key);
});

for (
  const [name, prepare] of [
    [
      "in a registry without it",
      (folder: string) =>
        openSqliteTracker(join(folder, "mlflow.db"), { create: true, clock: Date.now }).then((it) =>
          it.close()
        ),
    ],
    ["without a registry", () => Promise.resolve()],
  ] as const
) {
  Deno.test(`a run refuses a registered model ${name}, naming it`, async () => {
    await using folder = await workingFolder();
    await prepare(folder.path);
    const run = await runSluice(["run", inspection], folder.path);
    assert.equal(run.code, 2, run.stderr);
    assert.match(run.stderr, /error\[MODEL_NOT_FOUND\]: .*models:\/line@champion/);
  });
}
