import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { dirname, join } from "node:path";
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

/** Waits until the tracker has that many runs: they are recorded a moment after they have begun. */
async function untilRecorded(folder: string, count: number): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    if (readRuns(folder).length >= count) return;
  }
  throw new Error("the runs were never recorded");
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
  await untilRecorded(folder.path, 2);
  running.kill("SIGKILL");
  await finish(running);
  const left = readRuns(folder.path);
  assert.deepEqual(left.map((run) => run.status), ["RUNNING", "RUNNING"]);
  // Of a process that was killed while it took or restored outputs.
  const part = join(dirname(left[1]!.artifacts), `.part-${crypto.randomUUID()}`);
  await Deno.mkdir(join(part, "model"), { recursive: true });
  assert.equal((await runPipeline(["preprocess"], folder.path)).code, 0);
  await assert.rejects(Deno.lstat(part), Deno.errors.NotFound);
  assert.deepEqual(readRuns(folder.path).map((run) => run.status), [
    "KILLED",
    "KILLED",
    "FINISHED",
    "FINISHED",
  ]);
  assert.deepEqual(await sleepers(folder.path), []);
  checkDatabase(folder.path);
});

Deno.test("nothing is left of a killed run whose tracker's file is gone", async () => {
  await using folder = await workingFolder();
  const running = startDeno([sluiceProgram, "run", troubles, "-e", "sleeping"], folder.path);
  await untilAsleep(folder.path);
  running.kill("SIGKILL");
  await finish(running);
  await Deno.remove(join(folder.path, "mlflow.db"));
  const steps = join(folder.path, ".sluice/steps");
  assert.equal([...Deno.readDirSync(steps)].length, 1);
  assert.equal((await runPipeline(["preprocess"], folder.path)).code, 0);
  assert.deepEqual([...Deno.readDirSync(steps)], []);
  assert.deepEqual(await sleepers(folder.path), []);
});

Deno.test("a killed run is ended by who starts with its tracker, not with another one beside it", async () => {
  await using folder = await workingFolder();
  const running = startDeno([sluiceProgram, "run", troubles, "-e", "sleeping"], folder.path);
  await untilAsleep(folder.path);
  await untilRecorded(folder.path, 2);
  running.kill("SIGKILL");
  await finish(running);
  const other = ["preprocess", "--tracking-uri", "sqlite:///other.db"];
  assert.equal((await runPipeline(other, folder.path)).code, 0);
  assert.deepEqual(readRuns(folder.path).map((run) => run.status), ["RUNNING", "RUNNING"]);
  assert.equal((await runPipeline(["preprocess"], folder.path)).code, 0);
  assert.deepEqual(readRuns(folder.path).slice(0, 2).map((run) => run.status), ["KILLED", "KILLED"]);
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
  assert.equal([...Deno.readDirSync(join(folder.path, ".sluice/steps"))].length, 1);
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

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} while an environment is made ends with exit code ${code}, and leaves no tracker's file`, async () => {
    await using folder = await workingFolder();
    const text = `import { pipeline, python, sh, step } from "sluice";
const a = step("a", { env: python({ requirements: ["nothing==1"] }), command: () => sh\`true\` });
export default pipeline("slow", {}, () => a({}));`;
    await Deno.writeTextFile(join(folder.path, "pipeline.ts"), text);
    const mark = join(folder.path, "started");
    const uv = `#!/bin/sh\n[ "$1" = --version ] && echo "uv 99.0.0" && exit\n: > ${mark}\nexec sleep 60\n`;
    await Deno.writeTextFile(join(folder.path, "uv"), uv, { mode: 0o755 });
    const running = startDeno([sluiceProgram, "run", "pipeline.ts"], folder.path, {
      PATH: `${folder.path}:${Deno.env.get("PATH")}`,
      XDG_CACHE_HOME: join(folder.path, "cache"),
      DENO_DIR: await denoFolder(),
    });
    await untilThere(mark);
    running.kill(signal);
    const { code: exit, stderr } = await finish(running);
    assert.equal(exit, code, stderr);
    assert.match(stderr, /error\[RUN_INTERRUPTED\]/);
    await assert.rejects(Deno.stat(join(folder.path, "mlflow.db")));
  });
}

async function untilThere(path: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await Deno.stat(path).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`\`${path}\` was never there`);
}

/** Where this Deno keeps its packages, whatever names the user's cache. */
async function denoFolder(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

Deno.test("what the user's module throws in a timer ends the run as the user's failure, with its processes", async () => {
  await using folder = await workingFolder();
  const text = `import { host, pipeline, sh, step } from "sluice";
setTimeout(() => { throw new Error("mine, and late"); }, 400);
const a = step("a", { env: host(), command: () => sh\`sleep 60\` });
export default pipeline("late", {}, () => a({}));`;
  await Deno.writeTextFile(join(folder.path, "pipeline.ts"), text);
  const { code, stderr } = await finish(startDeno([sluiceProgram, "run", "pipeline.ts"], folder.path));
  assert.equal(code, 2, stderr);
  assert.match(stderr, /error\[PIPELINE_FILE_THREW\][\s\S]*mine, and late[\s\S]*pipeline\.ts:2/);
  assert.deepEqual(await sleepers(folder.path), []);
});
