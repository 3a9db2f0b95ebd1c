/**
 * kill -9 of the program that runs a pipeline, and the plain command again: nothing is to be removed or unlocked, no
 * finished step runs again, nothing is left. The long form, at every call, is `test/long/kill_test.ts`.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { realTest } from "../../real_part.ts";
import { runPython } from "../../real/mlflow.ts";
import { describeTally, killAgainAndAgain, killAtCalls, killAtMoments } from "./try_kills.ts";

/** Printed, so that moments can be had again. */
const seed = 11;

for (const [sandbox, count] of [["require", 14], ["off", 6]] as const) {
  realTest(
    ["strace", "bubblewrap"],
    `after kill -9 at ${count} kinds of call that change files the plain command goes on, sandbox=${sandbox}`,
    async () => {
      const tally = await killAtCalls({ pipeline: "small", sandbox }, count);
      console.log(describeTally(tally));
      assert.deepEqual(tally.flaws, []);
      assert.ok(tally.kills > count / 2, "hardly a run was killed");
    },
  );
}

Deno.test("after kill -9 at 8 random moments of a run of 241 steps the plain command goes on", async () => {
  const tally = await killAtMoments({ pipeline: "large", sandbox: "off" }, 8, seed);
  console.log(`seed ${seed}: ${describeTally(tally)}`);
  assert.deepEqual(tally.flaws, []);
});

const readRuns = `
import sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
runs = client.search_runs(["1"])
left = next(run for run in runs if run.info.run_name == "left" and run.info.status == "FINISHED")
history = client.get_metric_history(left.info.run_id, "loss")
print(*sorted({run.info.status for run in runs}), [point.value for point in history])
`;

realTest(
  ["mlflow", "bubblewrap"],
  "MLflow's own client reads what six killed runs and a whole one left",
  async () => {
    const flaws = await killAgainAndAgain(
      { pipeline: "small", sandbox: "require" },
      6,
      async ({ project }) => {
        const read = await runPython(readRuns, [`sqlite:///${join(project, "mlflow.db")}`], { cwd: project });
        assert.equal(read.code, 0, read.stderr);
        assert.match(read.stdout, /^(FINISHED|FINISHED KILLED) \[0\.5\]$/m);
      },
    );
    assert.deepEqual(flaws, []);
  },
);
