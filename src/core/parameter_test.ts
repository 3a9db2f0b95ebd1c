import assert from "node:assert/strict";
import fc from "fast-check";
import { checkParameter, describeSpec, type ParameterSpec, parseParameter } from "./parameter.ts";

const alpha: ParameterSpec = { type: "float", default: 0.5, min: 0, max: 1 };
const batchSize: ParameterSpec = { type: "int", default: 32, min: 8, max: 256 };
const name: ParameterSpec = { type: "string" };
const at = { file: "pipeline.ts", within: ['step "train"', 'parameter "alpha"'] };

for (
  const [spec, text, expected] of [
    [alpha, "0.1", 0.1],
    [alpha, "1e-3", 0.001],
    [alpha, "+.5", 0.5],
    [alpha, "-0", 0],
    [alpha, "NaN", "PARAM_INVALID"],
    [alpha, "Infinity", "PARAM_INVALID"],
    [alpha, "1e999", "PARAM_INVALID"],
    [alpha, "0x1", "PARAM_INVALID"],
    [alpha, "", "PARAM_INVALID"],
    [alpha, " 0.1", "PARAM_INVALID"],
    [alpha, "0.1\n", "PARAM_INVALID"],
    [alpha, "7", "PARAM_OUT_OF_RANGE"],
    [alpha, "-0.1", "PARAM_OUT_OF_RANGE"],
    [{ type: "float", exclusiveMin: 0 }, "0", "PARAM_OUT_OF_RANGE"],
    [batchSize, "8", 8],
    [batchSize, "4", "PARAM_OUT_OF_RANGE"],
    [batchSize, "300", "PARAM_OUT_OF_RANGE"],
    [batchSize, "8.0", "PARAM_INVALID"],
    [batchSize, "32.5", "PARAM_INVALID"],
    [batchSize, "1e2", "PARAM_INVALID"],
    [{ type: "int" }, "9007199254740993", "PARAM_INVALID"],
    [name, "", ""],
    [name, "$(touch x)", "$(touch x)"],
    [name, "a\nb'\"; rm -rf /", "a\nb'\"; rm -rf /"],
    [name, "a\0b", "PARAM_INVALID"],
    [name, "x".repeat(6000), "x".repeat(6000)],
    [name, "x".repeat(10000), "PARAM_OUT_OF_RANGE"],
    [{ type: "string", pattern: "^[a-z]+$" }, "Ab", "PARAM_OUT_OF_RANGE"],
    [{ type: "string", minLength: 2 }, "é", "PARAM_OUT_OF_RANGE"],
    [{ type: "boolean" }, "true", true],
    [{ type: "boolean" }, "yes", "PARAM_INVALID"],
    [{ type: "choice", choices: ["csv", "parquet"] }, "csv", "csv"],
    [{ type: "choice", choices: ["csv", "parquet"] }, "CSV", "PARAM_OUT_OF_RANGE"],
    [{ type: "path" }, "", "PARAM_INVALID"],
    [{ type: "uri" }, "s3://bucket/key", "s3://bucket/key"],
  ] as [ParameterSpec, string, unknown][]
) {
  Deno.test(`parseParameter() reads ${JSON.stringify(text.slice(0, 20))} for ${describeSpec(spec)}`, () => {
    const result = parseParameter(spec, text, at);
    assert.deepEqual(result.ok ? result.value : result.failure.code, expected);
    if (!result.ok) {
      assert.match(result.failure.message, /parameter "alpha"/);
      assert.deepEqual(result.failure.at, at);
      assert.ok(result.failure.hint);
      assert.ok(result.failure.message.length < 250);
    }
  });
}

Deno.test("checkParameter() says what it found and what was expected", () => {
  const result = checkParameter(alpha, 7, at);
  assert.equal(
    result.ok ? "" : result.failure.message,
    'Cannot set parameter "alpha" to `7` as it must be a float from 0 to 1',
  );
});

for (
  const [spec, text, expected] of [
    [{ type: "string", minLength: 1 }, "", "an empty text as it must be a string of at least 1 character"],
    [{ type: "string", maxLength: 2 }, "abc", "`abc` as it must be a string of at most 2 characters"],
    [{ type: "string", minLength: 2, maxLength: 8 }, "a", "`a` as it must be a string of 2 to 8 characters"],
    [{ type: "string", minLength: 1, maxLength: 1 }, "ab", "`ab` as it must be a string of 1 character"],
    [{ type: "choice", choices: ["a", "b"] }, "", "an empty text as it must be one of: a, b"],
    [{ type: "int" }, "8.0", "`8.0` as it must be an int"],
    [{ type: "uri" }, "", "an empty text as it must be a uri"],
  ] as [ParameterSpec, string, string][]
) {
  Deno.test(`parseParameter() refuses ${JSON.stringify(text)} for ${describeSpec(spec)}`, () => {
    const result = parseParameter(spec, text, at);
    assert.equal(result.ok ? "" : result.failure.message, `Cannot set parameter "alpha" to ${expected}`);
  });
}

Deno.test("parseParameter() reads back every float that JavaScript writes", () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
    const result = parseParameter({ type: "float" }, String(value), at);
    assert.ok(result.ok && result.value === value);
  }));
});

Deno.test("parseParameter() never throws, whatever the text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    for (const spec of [alpha, batchSize, name, { type: "boolean" }, { type: "path" }] as ParameterSpec[]) {
      parseParameter(spec, text, at);
    }
  }));
});

Deno.test("parseParameter() refuses 200,000 digits and a letter as fast as any other text", () => {
  const startedAt = performance.now();
  assert.ok(!parseParameter(alpha, `${"1".repeat(200_000)}x`, at).ok);
  assert.ok(performance.now() - startedAt < 1000);
});
