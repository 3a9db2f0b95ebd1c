import assert from "node:assert/strict";
import { TrackingError } from "../core/tracking.ts";
import { parseFilter, parseOrder, type Searchable } from "./filter.ts";

const item = (name: string, rmse?: number, start = 0): Searchable => ({
  attributes: { run_name: name, status: "FINISHED", start_time: start },
  tags: { kind: "fold", "mlflow.note.content": "it's" },
  params: { depth: "3" },
  metrics: rmse === undefined ? {} : { rmse },
});
const one = item("alpha", 0.5);

for (
  const [filter, passes] of [
    ["", true],
    ["metrics.rmse < 0.6", true],
    ["metrics.rmse < 5e-1", false],
    ["metrics.rmse <= 0.5 and metrics.rmse >= 0.5", true],
    ["metrics.rmse != 0.5", false],
    ["metric.mae > -1", false],
    ["metrics.`rmse` = 0.5", true],
    [`params."depth" = '3'`, true],
    ["params.depth = 3", false],
    ["tags.kind = 'fold' AND attributes.run_name LIKE 'al%'", true],
    ["tags.kind = 'AND' AND params.depth = '3'", false],
    [`tags.mlflow.note.content = "it's"`, true],
    ["run_name ILIKE 'AL_HA'", true],
    ["run_name LIKE 'AL%'", false],
    ["run_name LIKE 'a.*a'", false],
    ["attributes.status IN ('FINISHED', 'FAILED')", true],
    ["status NOT IN ('FINISHED')", false],
    ["attributes.`Run name` = 'alpha'", true],
    ["tags.absent != 'x'", false],
  ] as const
) {
  Deno.test(`a run ${passes ? "passes" : "does not pass"} the filter ${JSON.stringify(filter)}`, () => {
    assert.equal(parseFilter(filter)(one), passes);
  });
}

for (
  const filter of [
    "name",
    "metrics.rmse <",
    "metrics.rmse ~ 3",
    "metrics.rmse < 1 OR metrics.rmse > 2",
    "dataset.name = 'x'",
    "metrics.rmse < 1 AND",
    "(metrics.rmse < 1)",
    "'".repeat(10_000),
    "constructor.a = 'x'",
    "__proto__.a = 'x'",
  ]
) {
  Deno.test(`the filter ${JSON.stringify(filter.slice(0, 40))} is refused`, () => {
    assert.throws(
      () => parseFilter(filter),
      (error) => error instanceof TrackingError && error.code === "INVALID_PARAMETER_VALUE",
    );
  });
}

for (
  const [order, names] of [
    [["metrics.rmse ASC"], ["low", "high", "none", "nan"]],
    [["metrics.rmse DESC"], ["high", "low", "none", "nan"]],
    [["metrics.rmse", "attributes.start_time DESC"], ["low", "high", "nan", "none"]],
    [["attributes.start_time DESC"], ["nan", "high", "low", "none"]],
  ] as const
) {
  Deno.test(`runs are in order by ${order.join(", ")}`, () => {
    const items = [
      item("none", undefined, 1),
      item("low", 0.1, 2),
      item("high", 0.9, 3),
      item("nan", NaN, 4),
    ];
    assert.deepEqual(items.sort(parseOrder(order)).map(({ attributes }) => attributes["run_name"]), names);
  });
}

Deno.test("an order that is no order is refused", () => {
  assert.throws(() => parseOrder(["metrics.rmse SIDEWAYS"]), TrackingError);
});

for (
  const [pattern, text, passes] of [
    ["%a%a%a%a%a%a%a%b", "a".repeat(10_000), false],
    ["%a_%a_%a_%c", "ab".repeat(5_000), false],
    ["a%b", "axxb", true],
    ["a%b", "ab", true],
    ["a%a", "a", false],
    ["a_c", "abc", true],
    ["a_c", "ac", false],
    ["%", "", true],
    ["", "", true],
    ["", "a", false],
    ["%b%", "abc", true],
    ["%_", "", false],
    ["a.c", "abc", false],
    ["A%", "abc", false],
  ] as const
) {
  Deno.test(`LIKE '${pattern}' ${passes ? "lets" : "does not let"} ${text.slice(0, 20)} pass, in no time`, () => {
    const startedAt = performance.now();
    const item = { attributes: {}, tags: { a: text }, params: {}, metrics: {} };
    assert.equal(parseFilter(`tags.a LIKE '${pattern}'`)(item), passes);
    assert.ok(performance.now() - startedAt < 1000);
  });
}

Deno.test("a filter on a name that every object has finds nothing", () => {
  const item = { attributes: {}, tags: {}, params: {}, metrics: {} };
  assert.equal(parseFilter("tags.constructor LIKE '%'")(item), false);
  assert.equal(parseFilter("toString != 'x'")(item), false);
});
