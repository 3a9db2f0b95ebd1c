import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import {
  configFile,
  finish,
  pipelineFile,
  readRuns,
  runPipeline,
  sluiceProgram,
  startDeno,
  workingFolder,
} from "./run_project.ts";

const troubles = `${pipelineFile}#troubles`;

/** Waits until the step's own process runs in a run of the folder. */
async function untilAsleep(folder: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    if ((await sleepers(folder)).length > 0) return;
  }
  throw new Error("the step never started");
}

/** Processes that have the folder in their environment, as every step's has in TMPDIR. */
async function sleepers(folder: string): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const variables = await Deno.readTextFile(`/proc/${name}/environ`).catch(() => "");
    if (variables.includes(`TMPDIR=${folder}/.sluice`)) found.push(Number(name));
  }
  return found;
}

function checkDatabase(folder: string): void {
  const database = new DatabaseSync(join(folder, "mlflow.db"));
  assert.deepEqual(database.prepare("PRAGMA integrity_check").all().map((row) => row["integrity_check"]), [
    "ok",
  ]);
  database.close();
}

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  Deno.test(`${signal} ends the run as KILLED with exit code ${code}, and no process of a step is left`, async () => {
    await using folder = await workingFolder();
    const running = startDeno([sluiceProgram, "run", troubles, "-e", "sleeping"], folder.path);
    await untilAsleep(folder.path);
    running.kill(signal);
    assert.equal((await finish(running)).code, code);
    assert.deepEqual(readRuns(folder.path).map((run) => run.status), ["KILLED", "KILLED"]);
    assert.ok(readRuns(folder.path).every((run) => run.endedAt !== null));
    assert.deepEqual(await sleepers(folder.path), []);
    checkDatabase(folder.path);
  });
}

Deno.test("after kill -9 the next run ends what was left as KILLED, and goes on with no flag", async () => {
  await using folder = await workingFolder();
  const running = startDeno([sluiceProgram, "run", troubles, "-e", "sleeping"], folder.path);
  await untilAsleep(folder.path);
  running.kill("SIGKILL");
  await finish(running);
  assert.deepEqual(readRuns(folder.path).map((run) => run.status), ["RUNNING", "RUNNING"]);
  assert.equal((await runPipeline(["preprocess"], folder.path)).code, 0);
  assert.deepEqual(readRuns(folder.path).map((run) => run.status), [
    "KILLED",
    "KILLED",
    "FINISHED",
    "FINISHED",
  ]);
  assert.deepEqual(await sleepers(folder.path), []);
  checkDatabase(folder.path);
});

Deno.test("a run that is under way is not taken for dead by another that starts beside it", async () => {
  await using folder = await workingFolder();
  const running = startDeno([sluiceProgram, "run", troubles, "-e", "sleeping"], folder.path);
  await untilAsleep(folder.path);
  assert.equal((await runPipeline(["preprocess"], folder.path)).code, 0);
  assert.deepEqual(readRuns(folder.path).map((run) => run.status), [
    "RUNNING",
    "RUNNING",
    "FINISHED",
    "FINISHED",
  ]);
  running.kill("SIGINT");
  await finish(running);
});

Deno.test("under nohup a run goes on when its terminal is closed", async () => {
  await using folder = await workingFolder();
  const script = `exec nohup "$0" "$@" 2>&1`;
  const running = new Deno.Command("bash", {
    args: ["-c", script, Deno.execPath(), "run", "-A", "--config", configFile, sluiceProgram].concat([
      "run",
      troubles,
      "-e",
      "sleeping",
    ]),
    cwd: folder.path,
    env: { MLFLOW_TRACKING_URI: "" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await untilAsleep(folder.path);
  running.kill("SIGHUP");
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal((await sleepers(folder.path)).length > 0, true);
  running.kill("SIGTERM");
  assert.equal((await finish(running)).code, 143);
});
