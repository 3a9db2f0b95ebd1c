/** kill -9 at every moment of a run, from before its first row to after its last. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { finish, pipelineFile, readRuns, runPipeline, startDeno, workingFolder } from "../run/run_project.ts";

const kills = 60;
const longestMs = 1500;

Deno.test(`after kill -9 at ${kills} moments of a run the next run mends all and finishes`, async () => {
  await using folder = await workingFolder();
  for (let kill = 0; kill < kills; kill++) {
    const running = startDeno([pipelineFile, "main"], folder.path);
    const timer = setTimeout(() => running.kill("SIGKILL"), longestMs * kill / kills);
    await finish(running);
    clearTimeout(timer);
  }
  const last = await runPipeline(["main"], folder.path);
  assert.equal(last.code, 0, last.stderr);

  const runs = readRuns(folder.path);
  assert.deepEqual([...new Set(runs.map(({ status }) => status))].sort(), ["FINISHED", "KILLED"]);
  assert.ok(runs.every(({ endedAt }) => endedAt !== null));
  // Steps of killed runs have left no working folder.
  const left = await Array.fromAsync(Deno.readDir(join(folder.path, ".sluice", "steps"))).catch(() => []);
  assert.deepEqual(left.map(({ name }) => name), []);
  using database = new DatabaseSync(join(folder.path, "mlflow.db"), { readOnly: true });
  assert.equal(database.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
});
