import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { SluiceError } from "../core/error.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import type { Metric } from "../core/tracking.ts";
import { type MoveReport, moveRuns } from "./move_runs.ts";
import { openTracker } from "./open_tracker.ts";
import { openRunSource, openRunTarget } from "./run_store.ts";

const ids = { parent: "a".repeat(32), child: "b".repeat(32), other: "c".repeat(32) };

interface Place {
  readonly folder: string;
  move(from: string, to: string, runs?: readonly string[]): Promise<MoveReport>;
  track<T>(file: string, use: (tracker: Tracker) => Promise<T>): Promise<T>;
}

async function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const setting = { workingFolder: folder, variables: {} };
  try {
    await use({
      folder,
      async move(from, to, runs = []) {
        const source = await openRunSource(from, setting);
        try {
          return await moveRuns(source, () => openRunTarget(to, setting), { runs }, () => {});
        } finally {
          await source.close();
        }
      },
      async track(file, use) {
        const tracker = await openTracker({ ...setting, uri: `sqlite:///${file}`, create: true });
        try {
          return await use(tracker);
        } finally {
          await tracker.close();
        }
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A run with one nested in it, whose artifacts are those of the third, as of one that was taken from the cache. */
async function record(tracker: Tracker): Promise<void> {
  const { id: experimentId, artifactLocation } = await tracker.createExperiment("wine");
  const begin = (id: string, more: { parent?: string; artifactUri?: string } = {}) =>
    tracker.createRun({
      id,
      experimentId,
      name: `run ${id[0]}`,
      user: "ann",
      startedAt: 1000,
      tags: more.parent === undefined ? [] : [{ key: "mlflow.parentRunId", value: more.parent }],
      ...(more.artifactUri === undefined ? {} : { artifactUri: more.artifactUri }),
    });
  const { artifactUri } = await begin(ids.other);
  await begin(ids.parent);
  await begin(ids.child, { parent: ids.parent, artifactUri: `${artifactLocation}/${ids.other}/artifacts` });
  await tracker.artifacts.write(artifactUri, "d/model.bin", [new TextEncoder().encode("model")]);
  await tracker.logBatch(ids.parent, {
    parameters: [{ key: "alpha", value: "0.1" }],
    metrics: [{ key: "loss", value: 1, timestamp: 1, step: 0 }],
  });
}

const rejects = (action: Promise<unknown>, code: string, message: RegExp) =>
  assert.rejects(action, (error) => {
    assert.ok(error instanceof SluiceError, `${error}`);
    assert.equal(error.failure.code, code);
    assert.match(error.failure.message, message);
    return true;
  });

Deno.test("a run that went on is added to, and what was there stays", () =>
  withPlace(async ({ move, track }) => {
    await track("a.db", record);
    assert.deepEqual((await move("a.db", "b.db")).runs, { new: 3, changed: 0, same: 0 });
    await track("a.db", async (tracker) => {
      await tracker.logBatch(ids.parent, { metrics: [{ key: "loss", value: 0.5, timestamp: 2, step: 1 }] });
      await tracker.updateRun(ids.parent, { status: "FINISHED", endedAt: 5000 });
    });
    assert.deepEqual((await move("a.db", "b.db")).runs, { new: 0, changed: 1, same: 2 });
    // An older copy takes nothing back.
    await move("b.db", "mlruns-of-b");
    await track("b.db", (tracker) => tracker.logBatch(ids.parent, { tags: [{ key: "mine", value: "1" }] }));
    assert.deepEqual((await move("mlruns-of-b", "b.db")).runs, { new: 0, changed: 0, same: 3 });
    await track("b.db", async (tracker) => {
      const run = await tracker.getRun(ids.parent);
      assert.equal(run.info.status, "FINISHED");
      assert.equal(run.metrics[0]!.value, 0.5);
      assert.ok(run.tags.some(({ key }) => key === "mine"));
    });
  }));

Deno.test("a run goes with those nested in it, and one from the cache keeps the artifacts of the run that made them", () =>
  withPlace(async ({ move, track }) => {
    await track("a.db", record);
    assert.equal((await move("a.db", "b/b.db", [ids.parent.slice(0, 6)])).runs.new, 2);
    await track("b/b.db", async (tracker) => {
      const { artifactUri } = (await tracker.getRun(ids.child)).info;
      assert.match(artifactUri, new RegExp(`/b/mlruns/\\d+/${ids.other}/artifacts$`));
      assert.deepEqual((await tracker.artifacts.list(artifactUri, "d")).map(({ path }) => path), [
        "d/model.bin",
      ]);
      await assert.rejects(tracker.getRun(ids.other));
    });
    await rejects(move("a.db", "c.db", ["dddd"]), "RUN_NOT_FOUND", /has none whose id begins so$/);
  }));

Deno.test("a parameter that is another there is refused, and so is an experiment that is deleted there", () =>
  withPlace(async ({ folder, move, track }) => {
    await track("a.db", record);
    await move("a.db", "b.db");
    await track("a.db", (tracker) => tracker.logBatch(ids.other, { parameters: [{ key: "k", value: "1" }] }));
    await track("b.db", (tracker) => tracker.logBatch(ids.other, { parameters: [{ key: "k", value: "2" }] }));
    await rejects(move("a.db", "b.db"), "RUNS_DIFFER", /its parameter "k" is "2" there and "1" here$/);
    await move("b.db", "gone");
    await track("d.db", record);
    await Deno.writeTextFile(
      join(folder, "gone/1/meta.yaml"),
      (await Deno.readTextFile(join(folder, "gone/1/meta.yaml"))).replace('"active"', '"deleted"'),
    );
    await rejects(move("d.db", "gone"), "RUNS_DIFFER", /experiment `wine` as it is deleted there$/);
  }));

const run = `old/1/${ids.parent}`;
/** How a folder of runs is spoilt, and what is said of it. */
const spoilt: readonly (readonly [name: string, spoil: (root: string) => void, message: RegExp])[] = [
  [
    "a line of a metric is broken",
    (root) => Deno.writeTextFileSync(join(root, run, "metrics/loss"), "1 0.5 0\n2 x 1\n"),
    /metrics\/loss` as its line 2 is not `timestamp value step`$/,
  ],
  [
    "a line of a metric is cut off",
    (root) => Deno.writeTextFileSync(join(root, run, "metrics/loss"), "17"),
    /its line 1 is not/,
  ],
  [
    "a parameter is a link",
    (root) => Deno.symlinkSync("/etc/passwd", join(root, run, "params/secret")),
    /params\/secret` as it is a link/,
  ],
  [
    "an artifact is a link",
    (root) => {
      Deno.mkdirSync(join(root, run, "artifacts"), { recursive: true });
      Deno.symlinkSync("/etc/passwd", join(root, run, "artifacts/secret"));
    },
    /the artifact `.*secret` as it is neither a file nor a folder/,
  ],
  [
    "the artifacts are said to be a folder of the user's",
    (root) => edit(join(root, run, "meta.yaml"), /artifact_uri: .*/, 'artifact_uri: "file:///etc/ssl"'),
    /^Cannot take the artifacts at `file:\/\/\/etc\/ssl` as they are neither below/,
  ],
  [
    "meta.yaml has aliases of aliases",
    (root) => Deno.writeTextFileSync(join(root, run, "meta.yaml"), "a: &a [1]\nb: [*a, *a]\n"),
    /meta.yaml` as it is no YAML that is read/,
  ],
  [
    "meta.yaml is of 50 MB",
    (root) => Deno.truncateSync(join(root, run, "meta.yaml"), 50e6),
    /meta.yaml` as it has 50000000 bytes/,
  ],
  [
    "meta.yaml says another id",
    (root) => edit(join(root, run, "meta.yaml"), /run_id: .*/, 'run_id: "../x"'),
    /its `run_id` is not the name of its folder$/,
  ],
  [
    "a run made a model whose id leads elsewhere",
    (root) => {
      Deno.mkdirSync(join(root, run, "outputs/m"), { recursive: true });
      const [source, destination] = ["source_type: RUN_OUTPUT", "destination_type: MODEL_OUTPUT"];
      const ids = 'source_id: "m"\ndestination_id: "../../../x"';
      Deno.writeTextFileSync(
        join(root, run, "outputs/m/meta.yaml"),
        [source, destination, ids, "step: 0"].join("\n"),
      );
    },
    /calls `\.\.\/\.\.\/\.\.\/x` as it is no id of a run, model or version$/,
  ],
  [
    "a status is none",
    (root) => edit(join(root, run, "meta.yaml"), /status: .*/, "status: 9"),
    /its field `status` is not as MLflow writes it/,
  ],
  [
    "a tag is no UTF-8",
    (root) => Deno.writeFileSync(join(root, run, "tags/t"), new Uint8Array([0xff, 0xfe])),
    /tags\/t` as it is no UTF-8$/,
  ],
];
function edit(path: string, what: RegExp, by: string): void {
  Deno.writeTextFileSync(path, Deno.readTextFileSync(path).replace(what, by));
}

for (const [name, spoil, message] of spoilt) {
  Deno.test(`a folder of runs is refused, and no file is made, where ${name}`, () =>
    withPlace(async ({ folder, move, track }) => {
      await track("a.db", record);
      await move("a.db", "old");
      spoil(folder);
      await rejects(move("old", "new/b.db"), "RUNS_UNREADABLE", message);
      assert.equal(await Deno.lstat(join(folder, "new")).catch(() => undefined), undefined);
    }));
}

Deno.test("a file whose run has an id that leads elsewhere is refused, and nothing is written there", () =>
  withPlace(async ({ folder, move, track }) => {
    await track("a.db", record);
    const database = new DatabaseSync(join(folder, "a.db"), { enableForeignKeyConstraints: false });
    database.exec(`UPDATE runs SET run_uuid = '../../up' WHERE run_uuid = '${ids.other}'`);
    database.close();
    await rejects(move("a.db", "b/fold"), "RUNS_UNREADABLE", /calls `\.\.\/\.\.\/up` as it is no id/);
    assert.equal(await Deno.lstat(join(folder, "b")).catch(() => undefined), undefined);
  }));

Deno.test("a folder that holds no runs is refused as a source, one that holds something else as a target", () =>
  withPlace(async ({ folder, move, track }) => {
    await track("a/a.db", record);
    await Deno.mkdir(join(folder, "else"));
    await Deno.writeTextFile(join(folder, "else/file"), "");
    await rejects(move("else", "b.db"), "RUNS_UNREADABLE", /it is no `mlruns` folder/);
    await rejects(move("a/a.db", "else"), "FOLDER_NOT_WRITABLE", /it holds something else than runs$/);
    await rejects(move("a/a.db", "a/a.db"), "ARGUMENT_INVALID", /to itself$/);
  }));

const key = fc.stringMatching(/^[a-z][a-z0-9_ .-]{0,8}[a-z0-9](\/[a-z]{1,3})?$/).filter((text) =>
  !text.includes("models")
);
const text = fc.string({ unit: "grapheme", maxLength: 20 }).filter((value) => value.isWellFormed());
const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(NaN, Infinity, -Infinity, 0));

Deno.test("runs that go from a file to a folder and back are what they were, whatever was logged", () =>
  fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(key, text), { selector: ([key]) => key.split("/")[0], maxLength: 4 }),
      fc.array(
        fc.record({
          key: fc.constantFrom("a", "b/c"),
          value: number,
          timestamp: fc.nat(),
          step: fc.integer(),
        }),
      ),
      (pairs, points) =>
        withPlace(async ({ move, track }) => {
          const given = pairs.map(([key, value]) => ({ key, value }));
          const metrics: Metric[] = points.map((point) => ({
            ...point,
            value: point.value === 0 ? 0 : point.value,
          }));
          await track("a.db", async (tracker) => {
            const { id: experimentId } = await tracker.createExperiment("e", given);
            const id = ids.parent;
            await tracker.createRun({ id, experimentId, name: "1e3", user: "no", startedAt: 0, tags: given });
            await tracker.logBatch(id, { parameters: given, metrics });
          });
          await move("a.db", "mlruns");
          await move("mlruns", "b/b.db");
          const read = (file: string) =>
            track(file, async (tracker) => {
              const { info: { artifactUri: _, ...info }, ...run } = await tracker.getRun(ids.parent);
              const history = ["a", "b/c"].map((key) => tracker.getMetricHistory(ids.parent, key));
              const experiment = await tracker.getExperiment(info.experimentId);
              return { info, run, tags: experiment.tags, history: await Promise.all(history) };
            });
          assert.deepEqual(await read("b/b.db"), await read("a.db"));
          assert.deepEqual((await move("a.db", "b/b.db")).runs, { new: 0, changed: 0, same: 1 });
        }),
    ),
    { numRuns: 25 },
  ));
