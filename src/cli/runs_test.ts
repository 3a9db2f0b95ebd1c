import assert from "node:assert/strict";
import { join } from "node:path";
import { openTracker } from "../compose/open_tracker.ts";
import { SluiceError } from "../core/error.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import type { MlflowRunStatus } from "../core/tracking.ts";
import { openBuffer } from "../terminal/screen_test.ts";
import { comparison } from "./commands/runs_compare.ts";
import { runProgram } from "./program.ts";

const first = "aaaa0000000000000000000000000001";
const second = "aaaa0000000000000000000000000002";
const firstTrain = "bbbb0000000000000000000000000001";
const secondTrain = "bbbb0000000000000000000000000002";

interface Recorded {
  readonly id: string;
  readonly name: string;
  readonly parent?: string;
  readonly at: number;
  readonly status: MlflowRunStatus;
  readonly params: Record<string, string>;
  readonly metrics: Record<string, number>;
}

async function record(tracker: Tracker, experimentId: string, run: Recorded): Promise<void> {
  const tags = run.parent === undefined ? [] : [
    { key: "mlflow.parentRunId", value: run.parent },
    { key: "sluice.step", value: run.name },
  ];
  await tracker.createRun({ id: run.id, experimentId, name: run.name, user: "ann", startedAt: run.at, tags });
  await tracker.logBatch(run.id, {
    parameters: Object.entries(run.params).map(([key, value]) => ({ key, value })),
    metrics: Object.entries(run.metrics).map(([key, value]) => ({ key, value, timestamp: run.at, step: 0 })),
  });
  await tracker.updateRun(run.id, { status: run.status, endedAt: run.at + 1200 });
}

/** Two runs of one pipeline, each with a step; then what the program says of them. */
async function withRuns(
  use: (
    call: (...argv: string[]) => Promise<{ code: number; stdout: string; stderr: string }>,
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const tracker = await openTracker({ workingFolder: folder, variables: {}, create: true });
    const experiment = await tracker.createExperiment("wine");
    const at = Date.UTC(2026, 6, 30, 12);
    const note = "two\nlines \u001b[2J";
    const runs: readonly Recorded[] = [
      { id: first, name: "wine/main", at, status: "FINISHED", params: { alpha: "0.1", note }, metrics: {} },
      {
        id: firstTrain,
        name: "train",
        parent: first,
        at: at + 10,
        status: "FINISHED",
        params: {},
        metrics: { rmse: 0.731 },
      },
      {
        id: second,
        name: "wine/main",
        at: at + 5000,
        status: "FAILED",
        params: { alpha: "0.2", note },
        metrics: {},
      },
      {
        id: secondTrain,
        name: "train",
        parent: second,
        at: at + 5010,
        status: "FAILED",
        params: {},
        metrics: { rmse: 0.7310001 },
      },
    ];
    for (const run of runs) await record(tracker, experiment.id, run);
    await tracker.close();
    await use(async (...argv) => {
      const stdout = openBuffer();
      const stderr = openBuffer();
      const code = await runProgram(argv, { stdout, stderr, workingFolder: folder, variables: {} });
      return { code, stdout: stdout.text(), stderr: stderr.text() };
    }, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const time = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g;

Deno.test("runs are listed the newest first, steps below their pipeline's run, shown and compared", () =>
  withRuns(async (call) => {
    const list = await call("runs", "list", "--experiment", "wine");
    assert.equal(
      list.stdout.replaceAll(time, "TIME").replaceAll(/(?<=started) +/g, "  "),
      `   run        id        state     started  time  metrics
✗  wine/main  aaaa0000  failed    TIME  1.2 s
✗    train    bbbb0000  failed    TIME  1.2 s  rmse 0.731
✓  wine/main  aaaa0000  finished  TIME  1.2 s
✓    train    bbbb0000  finished  TIME  1.2 s  rmse 0.731
`,
    );
    const json = JSON.parse((await call("runs", "list", "--json")).stdout);
    assert.deepEqual(json.map((run: { id: string }) => run.id), [second, secondTrain, first, firstTrain]);
    assert.deepEqual(json[1].metrics, { rmse: 0.7310001 });
    // The run of the pipeline is shown though the limit would leave it out.
    const one = JSON.parse((await call("runs", "list", "--json", "--limit", "1")).stdout);
    assert.deepEqual(one.map((run: { id: string }) => run.id), [second, secondTrain]);

    const shown = (await call("runs", "show", first)).stdout;
    assert.match(shown, /^run +aaaa0{27}1$/m);
    assert.match(shown, /^experiment +wine$/m);
    assert.match(shown, /^state +finished$/m);
    assert.match(shown, /^alpha +0\.1\nnote +two\\nlines \\x1b\[2J$/m);
    assert.match(shown, /^✓ {2}train +bbbb0000 +finished +1\.2 s +rmse 0\.731$/m);
    assert.equal(JSON.parse((await call("runs", "show", first, "--json")).stdout).nested[0].id, firstTrain);

    const compared = (await call("runs", "compare", first, second)).stdout;
    assert.match(compared, /^≠ {2}param alpha +0\.1 +0\.2$/m);
    assert.match(compared, /^ {3}param note +two\\nlines \\x1b\[2J +two\\nlines \\x1b\[2J$/m);
    // Five digits would show them as equal.
    assert.match(compared, /^≠ {2}metric train\.rmse +0\.731 +0\.7310001$/m);
    assert.doesNotMatch((await call("runs", "compare", first, second, "-d")).stdout, /note/);
  }));

Deno.test("a run that is not there, or not named clearly, is refused", () =>
  withRuns(async (call) => {
    for (
      const [id, message] of [
        ["cccc", /^Cannot find run `cccc` as the tracker has none of that id$/],
        ["c".repeat(32), /^Cannot find run `c{32}` as the tracker has none of that id$/],
        ["aaaa", /^Cannot choose among the 2 runs whose id begins with `aaaa`$/],
        ["no", /^Cannot find run `no` as an id is 32 hexadecimal digits, or at least the first 4 of them$/],
        ["\u001b[2J", /^Cannot find run `\\u001b\[2J` as an id is/],
      ] as const
    ) {
      await assert.rejects(call("runs", "show", id), (error) => {
        assert.ok(error instanceof SluiceError);
        assert.equal(error.failure.code, "RUN_NOT_FOUND");
        assert.match(error.failure.message, message);
        return true;
      });
    }
  }));

Deno.test("runs are never looked for in a file that is not there, and none is made", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const sink = openBuffer();
    await assert.rejects(
      runProgram(["runs", "list"], { stdout: sink, stderr: sink, workingFolder: folder, variables: {} }),
      SluiceError,
    );
    await assert.rejects(Deno.stat(join(folder, "mlflow.db")));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("comparison() marks what differs, what one lacks, and takes NaN for NaN", () => {
  const of = (params: Record<string, string>, metrics: Record<string, number>) => ({
    params: new Map(Object.entries(params)),
    metrics: new Map(Object.entries(metrics)),
  });
  assert.deepEqual(comparison([of({ a: "1", b: "1" }, { m: NaN }), of({ a: "1" }, { m: NaN })]), [
    { is: "param", name: "a", values: ["1", "1"], differs: false },
    { is: "param", name: "b", values: ["1", null], differs: true },
    { is: "metric", name: "m", values: [NaN, NaN], differs: false },
  ]);
});

Deno.test("an empty cache has no environments, and the doctor says what is there and what comes later", async () => {
  const folder = await Deno.makeTempDir();
  const call = async (...argv: string[]) => {
    const [stdout, stderr] = [openBuffer(), openBuffer()];
    const variables = { XDG_CACHE_HOME: join(folder, "cache"), PATH: "", HOME: folder };
    const code = await runProgram(argv, { stdout, stderr, workingFolder: folder, variables });
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  };
  try {
    assert.deepEqual(await call("env", "list"), {
      code: 0,
      stdout: "",
      stderr: "There are no environments yet: a run makes those it needs\n",
    });
    assert.deepEqual(await call("env", "gc", "--older-than", "1d"), {
      code: 0,
      stdout: "",
      stderr: "Removed 0 environments (0 B)\n",
    });
    const { code, stdout } = await call("doctor", "--json");
    const states = JSON.parse(stdout).map((
      { name, state }: { name: string; state: string },
    ) => [name, state]);
    assert.deepEqual(states, [
      ["sluice", "ok"],
      ["deno", "ok"],
      ["uv", "later"],
      ["python", "later"],
      ["sandbox", "later"],
      ["cache", "ok"],
      ["tracker", "later"],
      ["git", "later"],
    ]);
    assert.equal(code, 0);
    assert.match(
      (await call("doctor")).stdout,
      /^· {2}git +later +none +Install git to have runs name their commit$/m,
    );

    await Deno.writeTextFile(join(folder, "mlflow.db"), "not a database");
    const damaged = await call("doctor");
    assert.equal(damaged.code, 2);
    assert.match(damaged.stdout, /^✗ {2}tracker +missing /m);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a step whose result was taken from the cache is listed as cached, and shown with the run that made it", () =>
  withRuns(async (call, folder) => {
    const tracker = await openTracker({ workingFolder: folder, variables: {}, create: false });
    await tracker.logBatch(firstTrain, {
      tags: [
        { key: "sluice.cache", value: "cached" },
        { key: "sluice.cache.run", value: secondTrain },
        { key: "sluice.sandbox", value: "bubblewrap" },
      ],
    });
    await tracker.close();
    assert.match((await call("runs", "list")).stdout, /^≡ {4}train +bbbb0000 +cached /m);
    assert.match((await call("runs", "show", first)).stdout, /^≡ {2}train +bbbb0000 +cached /m);
    const shown = (await call("runs", "show", firstTrain)).stdout;
    assert.match(shown, new RegExp(`^state +cached\nmade by +${secondTrain}$`, "m"));
    assert.match(shown, /^sandbox +bubblewrap$/m);
  }));
