/** The contract of trackers: parameters and metrics. */
import assert from "node:assert/strict";
import type { Metric, RunBatch } from "../core/tracking.ts";
import { newRun, point, refuses, sorted, type TrackerCheck } from "./tracker_check.ts";

export const batchChecks: readonly TrackerCheck[] = [
  {
    name: "a parameter is logged once; the same again is well, another value refused",
    async check(tracker) {
      const { id } = await newRun(tracker);
      const parameters = [{ key: "a/b c.d:e-f_g", value: "1" }, { key: "empty", value: "" }];
      await tracker.logBatch(id, { parameters });
      await tracker.logBatch(id, { parameters });
      await refuses("INVALID_PARAMETER_VALUE", () =>
        tracker.logBatch(id, {
          parameters: [{ key: "new", value: "1" }, { key: "empty", value: "2" }],
          metrics: [point("m", 1, 1, 1)],
        }));
      const run = await tracker.getRun(id);
      assert.deepEqual([sorted(run.parameters), run.metrics], [parameters, []]);
    },
  },
  {
    name: "a batch is refused for a key or number that MLflow does not take",
    async check(tracker) {
      const { id } = await newRun(tracker);
      const keys = ["", "a//b", "../a", "/a", "./a", "a/", "a(b)", 'a"b', "k".repeat(251)];
      const batches: RunBatch[] = [
        ...keys.map((key) => ({ parameters: [{ key, value: "1" }] })),
        ...keys.map((key) => ({ tags: [{ key, value: "1" }] })),
        ...keys.map((key) => ({ metrics: [point(key, 1, 1, 1)] })),
        { metrics: [point("m", 1, -1, 1)] },
        { parameters: [{ key: "a", value: "1" }, { key: "a", value: "1" }] },
      ];
      for (const batch of batches) {
        await refuses("INVALID_PARAMETER_VALUE", () => tracker.logBatch(id, batch));
      }
      await refuses(
        "RESOURCE_DOES_NOT_EXIST",
        () => tracker.logBatch("0".repeat(32), { tags: [{ key: "a", value: "" }] }),
      );
      const run = await tracker.getRun(id);
      assert.deepEqual([run.parameters, run.metrics, run.tags.length], [[], [], 1]);
    },
  },
  {
    name: "long values are cut, by characters",
    async check(tracker) {
      const { id } = await newRun(tracker);
      const value = "𝛼".repeat(9000);
      await tracker.logBatch(id, { parameters: [{ key: "p", value }], tags: [{ key: "t", value }] });
      const run = await tracker.getRun(id);
      assert.equal(run.parameters[0]?.value, "𝛼".repeat(6000));
      assert.equal(run.tags.find(({ key }) => key === "t")?.value, "𝛼".repeat(8000));
    },
  },
  {
    name: "a batch may hold more than one of MLflow's requests",
    async check(tracker) {
      const { id } = await newRun(tracker);
      const metrics = Array.from({ length: 1200 }, (_, step) => point("m", step, step, step));
      const parameters = Array.from({ length: 130 }, (_, index) => ({ key: `p${index}`, value: "v" }));
      await tracker.logBatch(id, { metrics, parameters, tags: parameters });
      const run = await tracker.getRun(id);
      assert.deepEqual([run.parameters.length, run.tags.length, run.metrics], [130, 131, [metrics[1199]]]);
    },
  },
  {
    name: "a history is in order of time and in pages; equal points are one; NaN and infinities are values",
    async check(tracker) {
      const { id } = await newRun(tracker);
      const metrics = [
        point("m", 3, 30, 1),
        point("m", NaN, 20, 5),
        point("m", Infinity, 10, 2),
        point("m", -Infinity, 10, 1),
        point("m", -0.5, 10, -1),
      ];
      await tracker.logBatch(id, { metrics: [...metrics, metrics[0]!, point("other", 1, 1, 1)] });
      await tracker.logBatch(id, { metrics });
      const pages: (readonly Metric[])[] = [];
      let token: string | undefined;
      do {
        const page = await tracker.getMetricHistory(id, "m", { limit: 2, ...(token ? { token } : {}) });
        pages.push(page.items);
        token = page.nextPageToken;
      } while (token);
      assert.deepEqual(pages.map((page) => page.length), [2, 2, 1]);
      assert.deepEqual(pages.flat(), metrics.toReversed());
      assert.deepEqual((await tracker.getMetricHistory(id, "m")).items, metrics.toReversed());
      assert.deepEqual(await tracker.getMetricHistory(id, "none"), { items: [] });
      assert.deepEqual(await tracker.getMetricHistory("0".repeat(32), "m"), { items: [] });
    },
  },
  {
    name: "the latest point has the greatest step, then time, then value",
    async check(tracker) {
      const { id } = await newRun(tracker);
      for (
        const metrics of [
          [point("step", 1, 9, 1), point("step", 0, 1, 2)],
          [point("time", 1, 2, 0), point("time", 5, 1, 0)],
          [point("value", 1, 1, 1), point("value", 2, 1, 1), point("value", -2, 1, 1)],
          [point("nan", NaN, 1, 1), point("nan", -1, 1, 1)],
          [point("nan", NaN, 1, 1)],
        ]
      ) await tracker.logBatch(id, { metrics });
      const latest = (await tracker.getRun(id)).metrics.toSorted((a, b) => a.key < b.key ? -1 : 1);
      assert.deepEqual(latest, [
        point("nan", NaN, 1, 1),
        point("step", 0, 1, 2),
        point("time", 1, 2, 0),
        point("value", 2, 1, 1),
      ]);
    },
  },
];
