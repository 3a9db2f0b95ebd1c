import assert from "node:assert/strict";
import { join } from "node:path";
import type { StepReport } from "../../src/core/event.ts";
import { findRun, pipelineFile, readRuns, runPipeline, runSluice, workingFolder } from "./run_project.ts";

const troubles = `${pipelineFile}#troubles`;

Deno.test("a run records a parent run, and a nested run a step, with parameters, metrics, tags, outputs and log", async () => {
  await using folder = await workingFolder();
  const { code, stderr } = await runPipeline(
    ["--alpha", "0.25", "--preprocess.seed=1", "-P", "plots=true"],
    folder.path,
  );
  assert.equal(code, 2, stderr);
  const { code: ended, stderr: said } = await runPipeline(
    ["--alpha", "0.25", "-P", "preprocess.rows=5"],
    folder.path,
  );
  assert.equal(ended, 0, said);
  const runs = readRuns(folder.path);
  const parent = runs[0]!;
  assert.equal(parent.status, "FINISHED");
  assert.equal(parent.tags["mlflow.project.entryPoint"], "main");
  assert.equal(parent.tags["mlflow.source.name"], pipelineFile);
  assert.equal(parent.params["alpha"], "0.25");
  const nested = runs.slice(1);
  assert.deepEqual(nested.map((run) => run.name).sort(), [
    "evaluate",
    "preprocess",
    "train",
    "train-high",
    "train-low",
  ]);
  for (const run of nested) {
    assert.equal(run.status, "FINISHED");
    assert.equal(run.tags["mlflow.parentRunId"], parent.id);
    assert.match(run.tags["sluice.key"]!, /^sha256:/);
    assert.match(run.tags["sluice.environment"]!, /^sha256:/);
    assert.equal(run.tags["sluice.cache"], "executed");
    assert.ok(run.endedAt !== null);
  }
  const train = findRun(runs, "train")!;
  assert.deepEqual(train.params, { alpha: "0.25", note: "none" });
  assert.deepEqual(train.metrics, { loss: 0.1 });
  assert.equal(train.tags["note"], "a tag");
  assert.equal(train.tags["sluice.sandbox"], "bubblewrap");
  const artifacts = join(folder.path, "mlruns");
  assert.ok(train.artifacts.startsWith(artifacts), train.artifacts);
  assert.equal(await Deno.readTextFile(join(train.artifacts, "weights.txt")), "weights 0.25\n");
  assert.match(
    await Deno.readTextFile(join(train.artifacts, "logs/output.log")),
    /training on 5 rows with 0.25, note: none/,
  );
  const evaluate = findRun(runs, "evaluate")!;
  assert.deepEqual(evaluate.params, { loss: "0.1" });
  assert.deepEqual(evaluate.metrics, { score: 0.9 });
  assert.equal(evaluate.tags["sluice.sandbox"], "bubblewrap");
  assert.equal(
    JSON.parse(await Deno.readTextFile(join(evaluate.artifacts, "report.json"))).weights.length,
    3,
  );
});

Deno.test("a run leaves nothing in its working folder but the tracker's file and artifacts", async () => {
  await using folder = await workingFolder();
  assert.equal((await runPipeline(["preprocess"], folder.path)).code, 0);
  const left = (await Array.fromAsync(Deno.readDir(join(folder.path, ".sluice/steps")))).map(({ name }) =>
    name
  );
  assert.deepEqual(left, []);
  const names = (await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name).sort();
  assert.deepEqual(names.filter((name) => !name.startsWith("mlflow.db-")), [
    ".sluice",
    "mlflow.db",
    "mlruns",
  ]);
});

Deno.test("--json gives the events of a run, one a line, and nothing else on stdout", async () => {
  await using folder = await workingFolder();
  const { code, stdout, events } = await runPipeline(["train", "--json", "--plots=false"], folder.path);
  assert.equal(code, 2, "plots is not used by train");
  assert.equal(stdout, "");
  assert.equal(events.length, 0);
  const run = await runPipeline(["train", "--json"], folder.path);
  assert.equal(run.code, 0, run.stderr);
  assert.equal(run.events.length, run.stdout.trimEnd().split("\n").length);
  const first = run.events[0]!;
  assert.ok(first.is === "run-started" && first.version === 2);
  assert.deepEqual(first.steps.map(({ step }) => step), ["preprocess", "train"]);
  const metrics = run.events.filter((event) => event.is === "step-metric");
  assert.deepEqual(metrics.map(({ metric, value, index }) => [metric, value, index]), [
    ["loss", 0.3, 1],
    ["loss", 0.2, 2],
    ["loss", 0.1, 3],
  ]);
  const last = run.events.at(-1)!;
  assert.ok(last.is === "run-ended" && last.status === "finished");
});

Deno.test("an entry point's own parameter can be set by its short name", async () => {
  await using folder = await workingFolder();
  assert.equal((await runPipeline(["preprocess", "--rows", "7"], folder.path)).code, 0);
  assert.deepEqual(findRun(readRuns(folder.path), "preprocess")!.params, { rows: "7" });
});

for (
  const [step, code, status, words] of [
    ["failing", "STEP_FAILED", "FAILED", /exit code 3/],
    ["missing", "OUTPUT_MISSING", "FAILED", /without writing its output "made"/],
    ["linking", "OUTPUT_INVALID", "FAILED", /neither a file nor a folder/],
    ["killed", "STEP_FAILED", "FAILED", /SIGKILL/],
    ["limited", "STEP_TIMED_OUT", "FAILED", /longer than 200 ms/],
    ["absent", "STEP_NOT_STARTED", "FAILED", /no-such-program/],
    ["silent", "METRIC_MISSING", "FAILED", /its metric "loss"/],
    ["garbled", "OUTPUT_INVALID", "FAILED", /no column `y` but x, z/],
    ["throwing", "STEP_FAILED", "FAILED", /exit code 1/],
    ["reaching", "STEP_FAILED", "FAILED", /exit code 1/],
  ] as const
) {
  Deno.test(`a step that is ${step} ends the run with exit code 1 and says what happened`, async () => {
    await using folder = await workingFolder();
    const { code: exit, events } = await runSluice(["run", troubles, "-e", step, "--json"], folder.path);
    assert.equal(exit, 1);
    const report = events.find((event) => event.is === "step-ended") as StepReport | undefined;
    assert.ok(report?.outcome.is === "failed");
    assert.equal(report.outcome.failure.code, code);
    assert.match(report.outcome.failure.message, words);
    assert.deepEqual(report.outcome.failure.at?.within, expectedPlace(step, code));
    assert.deepEqual(readRuns(folder.path).map((run) => run.status), [status, status]);
  });
}

function expectedPlace(step: string, code: string): string[] {
  if (code.startsWith("OUTPUT")) {
    return [`step "${step}"`, `output "${step === "garbled" ? "points" : "made"}"`];
  }
  return code === "METRIC_MISSING" ? [`step "${step}"`, 'metric "loss"'] : [`step "${step}"`];
}

Deno.test("a failed step shows its last lines, its exit code and its log", async () => {
  await using folder = await workingFolder();
  const { code, stdout, stderr } = await runSluice(["run", troubles, "-e", "after"], folder.path);
  const said = stdout + stderr;
  assert.equal(code, 1);
  for (const words of ["the last words", "exit code 3", "logs/output.log", "after"]) {
    assert.ok(said.includes(words), said);
  }
  assert.ok(!said.includes("    at "), "no stack trace");
  assert.equal(findRun(readRuns(folder.path), "after"), undefined, "a blocked step makes no run");
});

Deno.test("a function that throws shows the user's own stack", async () => {
  await using folder = await workingFolder();
  const { stdout, stderr } = await runSluice(["run", troubles, "-e", "throwing"], folder.path);
  assert.match(stdout + stderr, /the user's own mistake/);
  assert.match(stdout + stderr, /pipeline\.ts:\d+/);
});

Deno.test("a function has no permission that its step does not grant", async () => {
  await using folder = await workingFolder();
  const { stdout, stderr } = await runSluice(["run", troubles, "-e", "reaching"], folder.path);
  assert.match(stdout + stderr, /NotCapable: Requires read access to "\/etc\/hostname"/);
});

Deno.test("a step with retries is tried again, in one nested run", async () => {
  await using folder = await workingFolder();
  const marks = join(folder.path, "marks");
  await Deno.writeTextFile(marks, "");
  const { code, events } = await runSluice(
    // It counts in a file outside, which no sandbox lets it see.
    ["run", troubles, "-e", "flaky", "-P", `marks=${marks}`, "--sandbox=off", "--json"],
    folder.path,
  );
  assert.equal(code, 0);
  assert.equal(events.filter((event) => event.is === "step-started").length, 3);
  assert.equal(events.filter((event) => event.is === "step-retrying").length, 2);
  assert.equal(readRuns(folder.path).length, 2);
});

Deno.test("without --keep-going nothing new starts after a failure, with it all that can runs", async () => {
  await using folder = await workingFolder();
  const outcomes = async (...flags: string[]) => {
    const args = ["run", `${pipelineFile}#mixed`, "--jobs", "1", "--json", ...flags];
    const { code, events } = await runSluice(args, folder.path);
    assert.equal(code, 1);
    const reports = events.filter((event) => event.is === "step-ended");
    return Object.fromEntries(reports.map(({ step, outcome }) => [step, outcome.is]));
  };
  assert.deepEqual(await outcomes(), {
    failing: "failed",
    after: "blocked",
    preprocess: "blocked",
    train: "blocked",
  });
  assert.deepEqual(await outcomes("--keep-going"), {
    failing: "failed",
    after: "blocked",
    preprocess: "finished",
    train: "finished",
  });
});
