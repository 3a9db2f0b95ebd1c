import assert from "node:assert/strict";
import type { Event } from "../core/event.ts";
import { openReporter } from "./reporter.ts";
import { failingRun, report, runId, started, stepStarted } from "./sample_definition_test.ts";
import { openBuffer, openScreen } from "./screen_test.ts";
import type { TextSink } from "./text_sink.ts";

const plain = { json: false, quiet: false, verbose: false, color: "auto" } as const;
const noVariables = () => undefined;

async function show(flags: Parameters<typeof openReporter>[0], events: readonly Event[]) {
  const stdout = openBuffer();
  const stderr = openBuffer();
  const reporter = await openReporter(flags, {
    sinks: { stdout, stderr },
    workingFolder: "/work",
    variable: noVariables,
  });
  for (const event of events) reporter.report(event);
  return { stdout: stdout.text(), stderr: stderr.text() };
}

const failure = `error[STEP_FAILED]: Step "train" ended with exit code 3
  --> pipeline.ts:12: step "train"

  The last lines of its output:
  | Traceback
  | ValueError: red \\x1b]0;title\\x07

  Whole log: mlruns/1/b/logs/output.log

hint: Read its last lines, or its whole log
`;
const last = `Run bold-carp-12 (${runId}) failed in 2.6 s, logged to sqlite:///mlflow.db\n`;

Deno.test("a run without a terminal is plain lines on standard error and a table on standard output", async () => {
  const { stdout, stderr } = await show(plain, failingRun);
  assert.equal(
    stdout,
    `   step        state       time  metrics
✓  preprocess  finished   1.2 s  rows 150
✗  train       failed    400 ms
–  notify      blocked           "train" did not finish

output              size  path
preprocess.train  3.4 kB  mlruns/1/a/train.csv
`,
  );
  assert.equal(
    stderr,
    `wine: entry point main, run bold-carp-12 (${runId}) in experiment wine
environment python 3.12: resolving
environment python 3.12: made in 899 ms
preprocess: started
preprocess: finished in 1.2 s, rows 150
train: started
train: failed after 400 ms: Step "train" ended with exit code 3
notify: not started, as train did not finish

${failure}
${last}Next: sluice runs show ${runId}
`,
  );
});

Deno.test("a quiet run is its failures on standard error and one line on standard output", async () => {
  assert.deepEqual(await show({ ...plain, quiet: true }, failingRun), {
    stdout: last,
    stderr: `${failure}\n`,
  });
});

Deno.test("a verbose run prints what steps print", async () => {
  assert.match((await show({ ...plain, verbose: true }, failingRun)).stderr, /^preprocess \| reading$/m);
});

Deno.test("a run as JSON is its events, one a line, and nothing else", async () => {
  const { stdout, stderr } = await show({ ...plain, json: true }, failingRun);
  const events = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(stderr, "");
  assert.equal(events.length, failingRun.length);
  assert.deepEqual(events[0], failingRun[0]);
  assert.equal(events.find((event) => event.is === "step-metric").value, "NaN");
  assert.equal(events.at(-1).status, "failed");
});

Deno.test("a finished run names what to look at next, another tracker too", async () => {
  const events = (tracker: string): Event[] => [
    started(["train"], { tracker }),
    { is: "run-ended", at: 2200, runId, status: "finished", steps: [report("train")] },
  ];
  const next = async (tracker: string) =>
    (await show(plain, events(tracker))).stderr.split("\n").filter((line) => /^Next/.test(line));
  assert.deepEqual(await next("sqlite:////work/mlflow.db"), [
    `Next: sluice runs show ${runId}`,
    "Next: mlflow ui --backend-store-uri sqlite:///mlflow.db",
  ]);
  assert.deepEqual(await next("http://127.0.0.1:5000"), [
    `Next: sluice runs show ${runId} --tracking-uri http://127.0.0.1:5000`,
  ]);
});

Deno.test("a stopped run says which steps never started", async () => {
  const killed = report("train", { outcome: { is: "killed" } });
  const never = report("notify", { outcome: { is: "killed" }, runId: "", startedAt: 2200 });
  const { stdout, stderr } = await show(plain, [
    started(["train", "notify"], { skipped: [{ step: "plot", because: "plots" }] }),
    { is: "step-ended", at: 2200, ...killed },
    { is: "step-ended", at: 2200, ...never },
    {
      is: "run-ended",
      at: 2200,
      runId,
      status: "killed",
      steps: [killed, never],
      failure: { code: "RUN_INTERRUPTED", message: "Run of entry point `main` was stopped" },
    },
  ]);
  assert.match(stderr, /^train: stopped after 1.2 s\nnotify: not started, as the run was stopped$/m);
  assert.match(stderr, /^error\[RUN_INTERRUPTED\]: Run of entry point `main` was stopped$/m);
  assert.match(
    stdout,
    /^■ {2}train +killed +1\.2 s\n■ {2}notify +killed\n– {2}plot +skipped +`plots` is false$/m,
  );
});

Deno.test("no escape sequence from a name, a value or a line reaches a terminal", async () => {
  const evil = "\u001b[2J\u001b]0;owned\u0007\u009b31m";
  const step = report(evil, {
    metrics: { [evil]: 1 },
    outputs: { [evil]: { path: `/work/${evil}`, digest: "", sizeBytes: 1 } },
    outcome: {
      is: "failed",
      lastLines: [evil],
      log: `/work/${evil}`,
      failure: { code: "STEP_FAILED", message: evil, hint: evil, details: evil, at: { file: evil } },
    },
  });
  const events: Event[] = [
    started([evil], { pipeline: evil, runName: evil, experiment: evil, tracker: evil, runId: evil }),
    { is: "environment-progress", at: 1, environment: evil, progress: { is: "installing", message: evil } },
    { is: "environment-ready", at: 1, environment: evil, isNew: true, tookMs: 1 },
    stepStarted(evil, 1),
    { is: "step-output", at: 1, step: evil, stream: "stderr", line: evil },
    { is: "step-metric", at: 1, step: evil, metric: evil, value: 1, index: 1 },
    { is: "step-retrying", at: 1, step: evil, attempt: 2, failure: { code: "STEP_FAILED", message: evil } },
    { is: "warning", at: 1, message: evil },
    { is: "step-ended", at: 1, ...step },
    { is: "run-ended", at: 1, runId: evil, status: "failed", steps: [step] },
  ];
  for (
    const flags of [plain, { ...plain, verbose: true }, { ...plain, quiet: true }, { ...plain, json: true }]
  ) {
    const { stdout, stderr } = await show(flags, events);
    // deno-lint-ignore no-control-regex -- what must not be there
    assert.doesNotMatch(stdout + stderr, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
  const screen = openScreen(80, 10);
  const live = await openReporter(plain, {
    sinks: { stdout: screen, stderr: screen },
    workingFolder: "/work",
    variable: noVariables,
  });
  for (const event of events) live.report(event);
});

/** The live view of a run on a terminal, and a table where `stdout` says. */
async function openLive(columns: number, rows: number, stdout?: TextSink) {
  const screen = openScreen(columns, rows);
  const reporter = await openReporter(plain, {
    sinks: { stdout: stdout ?? screen, stderr: screen },
    workingFolder: "/work",
    variable: noVariables,
  });
  return { screen, reporter };
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** Longer than the time between two drawings. */
const drawing = () => wait(130);

Deno.test("the live view has a line a step, with time, progress and last metric, and leaves a table", async () => {
  const { screen, reporter } = await openLive(80, 24);
  const now = Date.now();
  reporter.report(started(["preprocess", "train", "evaluate"], { at: now }));
  reporter.report({
    is: "environment-progress",
    at: now,
    environment: "python",
    progress: { is: "resolving" },
  });
  await drawing();
  assert.deepEqual(screen.visible(), [
    "wine/main · run bold-carp-12 · 0/3 steps · 0 s",
    "  ~ python: resolving",
    "  · preprocess  queued",
    "  · train       queued",
    "  · evaluate    queued",
    "",
  ]);
  reporter.report({ is: "environment-ready", at: now, environment: "python", isNew: true, tookMs: 1 });
  reporter.report(stepStarted("preprocess", now));
  const preprocess = report("preprocess", { startedAt: now, endedAt: now + 1200, metrics: { rows: 150 } });
  reporter.report({ is: "step-ended", at: now + 1200, ...preprocess });
  reporter.report(stepStarted("train", now));
  reporter.report({ is: "step-progress", at: now, step: "train", progress: 0.42 });
  reporter.report({ is: "step-metric", at: now, step: "train", metric: "loss", value: 0.25, index: 7 });
  await drawing();
  assert.deepEqual(screen.visible(), [
    "wine/main · run bold-carp-12 · 1/3 steps · 0 s",
    "  ✓ preprocess  finished 1.2 s   rows 150",
    "  ▶ train       running 0 s      [####      ]  42 %  loss 0.25 at 7",
    "  · evaluate    queued",
    "",
  ]);
  reporter.report({ is: "warning", at: now, message: "careful" });
  reporter.report({ is: "run-ended", at: now + 3000, runId, status: "finished", steps: [preprocess] });
  await reporter.close();
  assert.deepEqual(screen.lines().slice(0, 4), [
    "warning: careful",
    "   step        state      time  metrics",
    "✓  preprocess  finished  1.2 s  rows 150",
    "",
  ]);
});

Deno.test("the live view stays when the table goes elsewhere", async () => {
  const stdout = openBuffer();
  const { screen, reporter } = await openLive(80, 24, stdout);
  const train = report("train");
  reporter.report(started(["train"]));
  reporter.report({ is: "step-ended", at: 2200, ...train });
  reporter.report({ is: "run-ended", at: 3000, runId, status: "finished", steps: [train] });
  await reporter.close();
  assert.equal(stdout.text(), "   step   state      time\n✓  train  finished  1.2 s\n");
  assert.equal(screen.lines()[1], "  ✓ train  finished 1.2 s");
});

Deno.test("the live view never has more lines than the terminal, nor wider ones, and shows what runs", async () => {
  for (const [columns, rows] of [[80, 10], [30, 5], [20, 3], [10, 2]] as const) {
    const { screen, reporter } = await openLive(columns, rows);
    const names = Array.from({ length: 300 }, (_, index) => `step-${index}`);
    reporter.report(started(names));
    for (const index of [0, 1, 2]) {
      reporter.report({ is: "step-ended", at: 2, ...report(`step-${index}`, { endedAt: 2000 + index }) });
    }
    for (const index of [150, 299]) reporter.report(stepStarted(`step-${index}`, 1));
    await drawing();
    assert.ok(screen.lines().length <= rows, `${columns}×${rows}`);
    if (rows >= 5) {
      const shown = screen.visible().join("\n");
      assert.match(shown, /step-150 /);
      assert.match(shown, /step-299 /);
      assert.match(shown, /… .*queued/);
    }
    await reporter.close();
    assert.deepEqual(screen.lines(), [""]);
  }
});

Deno.test("the live view is drawn at most ten times a second, however many events come", async () => {
  const { screen, reporter } = await openLive(80, 24);
  reporter.report(started(["train"], { at: Date.now() }));
  reporter.report(stepStarted("train", Date.now()));
  const end = Date.now() + 450;
  for (let index = 0; Date.now() < end; index++) {
    reporter.report({
      is: "step-metric",
      at: Date.now(),
      step: "train",
      metric: "loss",
      value: index,
      index,
    });
    await wait(2);
  }
  await reporter.close();
  assert.ok(screen.writes.length >= 3 && screen.writes.length <= 7, `${screen.writes.length} drawings`);
});

Deno.test("the live view survives a terminal that becomes smaller", async () => {
  const { screen, reporter } = await openLive(80, 24);
  reporter.report(started(["one", "two", "three", "four"]));
  await drawing();
  screen.resize(30, 4);
  reporter.report(stepStarted("four", 1));
  await drawing();
  assert.match(screen.visible().join("\n"), /▶ four/);
  await reporter.close();
  assert.deepEqual(screen.visible().at(-1), "");
});
