import assert from "node:assert/strict";
import { splitBatch } from "./rest_batches.ts";

const texts = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: "v" }));
const points = (count: number) =>
  Array.from({ length: count }, (_, step) => ({ key: "m", value: step, timestamp: 0, step }));

for (
  const [parameters, tags, metrics, sizes] of [
    [0, 0, 0, []],
    [1, 2, 3, [[1, 2, 3]]],
    [101, 1, 0, [[100, 1, 0], [1, 0, 0]]],
    [0, 0, 2001, [[0, 0, 1000], [0, 0, 1000], [0, 0, 1]]],
    [100, 100, 1000, [[100, 100, 800], [0, 0, 200]]],
  ] as const
) {
  Deno.test(`${parameters} parameters, ${tags} tags and ${metrics} points are sent in ${sizes.length} parts`, () => {
    const batch = { parameters: texts(parameters), tags: texts(tags), metrics: points(metrics) };
    const bodies = splitBatch("r", batch) as {
      params: unknown[];
      tags: unknown[];
      metrics: { step: number }[];
    }[];
    assert.deepEqual(
      bodies.map((body) => [body.params.length, body.tags.length, body.metrics.length]),
      sizes,
    );
    assert.deepEqual(
      bodies.flatMap((body) => body.metrics.map(({ step }) => step)),
      batch.metrics.map((_, i) => i),
    );
  });
}
