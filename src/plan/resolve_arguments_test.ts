import assert from "node:assert/strict";
import fc from "fast-check";
import { resolveArguments } from "./resolve_arguments.ts";
import { trainingPipeline } from "./test_pipeline.ts";

const resolve = (entryPoint: string, parameters: Record<string, unknown>, isText = true) =>
  resolveArguments(trainingPipeline(), { entryPoint, parameters, isText }, "/work");

for (
  const [name, entryPoint, parameters, expected] of [
    ["takes defaults", "train", {}, { alpha: 0.5, "preprocess.seed": 1 }],
    ["reads text", "train", { alpha: "0.1", "preprocess.seed": "3" }, { alpha: 0.1, "preprocess.seed": 3 }],
    ["takes the short name of the entry point's own parameter", "preprocess", { seed: "7" }, {
      "preprocess.seed": 7,
    }],
    ["takes its full name as well", "preprocess", { "preprocess.seed": "7" }, { "preprocess.seed": 7 }],
  ] as const
) {
  Deno.test(`resolveArguments() ${name}`, () => {
    const result = resolve(entryPoint, parameters);
    assert.deepEqual(result.ok ? result.value.parameters : result.failure, expected);
  });
}

for (
  const [name, entryPoint, parameters, code, words] of [
    ["an unknown entry point", "tarin", {}, "ENTRY_POINT_UNKNOWN", /Did you mean `train`\?/],
    ["an unknown parameter", "train", { alhpa: "1" }, "PARAM_UNKNOWN", /Did you mean `alpha`\?/],
    [
      "a parameter that the entry point does not reach",
      "preprocess",
      { alpha: "1" },
      "PARAM_UNKNOWN",
      /Leave it out/,
    ],
    ["a value outside the range", "train", { alpha: "7" }, "PARAM_OUT_OF_RANGE", /from 0 to 1/],
    ["a value of another type", "train", { alpha: "much" }, "PARAM_INVALID", /float/],
    [
      "two names of one parameter",
      "preprocess",
      { seed: "1", "preprocess.seed": "2" },
      "PARAM_CONFLICT",
      /once/,
    ],
    ["a missing parameter", "plot", { plots: "true" }, "PARAM_MISSING", /--title VALUE/],
    ["a name that objects have", "train", { constructor: "1" }, "PARAM_UNKNOWN", /Parameters:/],
  ] as const
) {
  Deno.test(`resolveArguments() refuses ${name}`, () => {
    const result = resolve(entryPoint, parameters);
    assert.ok(!result.ok);
    assert.equal(result.failure.code, code);
    assert.match(result.failure.hint ?? "", words);
    assert.ok(result.failure.at);
  });
}

Deno.test("resolveArguments() names the step and the parameter of a wrong value", () => {
  const result = resolve("train", { "preprocess.seed": "1.5" });
  assert.deepEqual(result.ok ? undefined : result.failure.at?.within, [
    'step "preprocess"',
    'parameter "seed"',
  ]);
});

Deno.test("resolveArguments() takes typed values as they are, and refuses text for a number", () => {
  assert.ok(resolve("train", { alpha: 0.25 }, false).ok);
  assert.ok(!resolve("train", { alpha: "0.25" }, false).ok);
});

Deno.test("resolveArguments() never throws, whatever is asked", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.dictionary(fc.string(), fc.anything()),
      fc.boolean(),
      (entry, given, isText) => {
        resolve(entry, given, isText);
        resolve("train", given, isText);
      },
    ),
  );
});
