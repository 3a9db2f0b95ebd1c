import assert from "node:assert/strict";
import fc from "fast-check";
import { join } from "node:path";
import { TrackingError } from "../core/tracking.ts";
import type { Metric } from "../core/tracking.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { openSqliteTracker } from "./sqlite_tracker.ts";

async function withTracker(check: (tracker: Tracker, path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "mlflow.db");
  const tracker = await openSqliteTracker(path, { create: true, clock: Date.now });
  try {
    await check(tracker, path);
  } finally {
    await tracker.close();
    await Deno.remove(folder, { recursive: true });
  }
}
const newRun = (tracker: Tracker) =>
  tracker.createRun({ experimentId: "0", name: "n", user: "u", startedAt: 1, tags: [] });

Deno.test("writes that wait together are one commit, in order, and a refused one takes none with it", () =>
  withTracker(async (tracker, path) => {
    const { id } = await newRun(tracker);
    const before = changeCounter(path);
    const log = (value: string) => tracker.logBatch(id, { parameters: [{ key: "p", value }] });
    const results = await Promise.allSettled([
      tracker.logBatch(id, { tags: [{ key: "t", value: "1" }] }),
      log("first"),
      log("second"),
      tracker.logBatch(id, { tags: [{ key: "t", value: "2" }] }),
    ]);
    assert.deepEqual(results.map(({ status }) => status), [
      "fulfilled",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    assert.equal(changeCounter(path) - before, 1);
    const run = await tracker.getRun(id);
    assert.deepEqual(run.parameters, [{ key: "p", value: "first" }]);
    assert.equal(run.tags.find(({ key }) => key === "t")?.value, "2");
  }));

Deno.test("a refused batch leaves nothing of itself", () =>
  withTracker(async (tracker) => {
    const { id } = await newRun(tracker);
    await tracker.logBatch(id, { parameters: [{ key: "b", value: "1" }] });
    await assert.rejects(
      tracker.logBatch(id, {
        parameters: [{ key: "a", value: "1" }, { key: "b", value: "2" }],
        tags: [{ key: "t", value: "1" }],
        metrics: [{ key: "m", value: 1, timestamp: 1, step: 1 }],
      }),
      TrackingError,
    );
    const run = await tracker.getRun(id);
    assert.deepEqual([run.parameters.length, run.metrics.length, run.tags.length], [1, 0, 1]);
  }));

Deno.test("reading sees what was written before it, and closing keeps what waits", () =>
  withTracker(async (tracker, path) => {
    const { id } = await newRun(tracker);
    void tracker.updateRun(id, { name: "now" });
    assert.equal((await tracker.getRun(id)).info.name, "now");
    const last = tracker.updateRun(id, { name: "last" });
    await tracker.close();
    await last;
    const again = await openSqliteTracker(path, { create: false, clock: Date.now });
    assert.equal((await again.getRun(id)).info.name, "last");
    await again.close();
  }));

Deno.test("a run is made with a given id once", () =>
  withTracker(async (tracker) => {
    const run = { id: "a".repeat(32), experimentId: "0", name: "n", user: "u", startedAt: 1, tags: [] };
    assert.equal((await tracker.createRun(run)).id, run.id);
    await assert.rejects(
      tracker.createRun(run),
      (error) => error instanceof TrackingError && error.code === "RESOURCE_ALREADY_EXISTS",
    );
  }));

/** The largest double stands for infinity. */
const anyDouble = fc.double().filter((value) => Math.abs(value) !== Number.MAX_VALUE);
const points = fc.array(
  fc.record({
    key: fc.constantFrom("a", "b"),
    value: fc.oneof(fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 1), anyDouble),
    timestamp: fc.integer({ min: 0, max: 3 }),
    step: fc.integer({ min: -1, max: 2 }),
  }),
  { maxLength: 12 },
);

Deno.test("the latest points are those of MLflow's rule, however points come", () =>
  withTracker(async (tracker) => {
    await fc.assert(
      fc.asyncProperty(fc.array(points, { maxLength: 4 }), async (batches) => {
        const { id } = await newRun(tracker);
        for (const metrics of batches) await tracker.logBatch(id, { metrics });
        const { metrics } = await tracker.getRun(id);
        assert.deepEqual(metrics, latestByRule(batches.flat()));
      }),
      { numRuns: 60 },
    );
  }));

/** Step, time and value in this order; NaN counts as 0; of equals the first stays. */
function latestByRule(all: readonly Metric[]): Metric[] {
  const latest = new Map<string, Metric>();
  const rank = (
    metric: Metric,
  ) => [metric.step, metric.timestamp, Number.isNaN(metric.value) ? 0 : metric.value];
  for (const metric of all) {
    const old = latest.get(metric.key);
    if (old === undefined || isGreater(rank(metric), rank(old))) latest.set(metric.key, metric);
  }
  // SQLite keeps no negative zero.
  return [...latest.values()].map((metric) => ({ ...metric, value: metric.value + 0 }))
    .sort((a, b) => a.key < b.key ? -1 : 1);
}

function isGreater(a: readonly number[], b: readonly number[]): boolean {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index >= 0 && a[index]! > b[index]!;
}

/** Of the file's header: it grows by one a commit. */
function changeCounter(path: string): number {
  return new DataView(Deno.readFileSync(path).buffer).getUint32(24);
}
