import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { checkParameter, type ParameterSpec, parseParameter } from "../core/parameter.ts";
import { lowerParameters } from "./lower_parameter.ts";
import { boolean, choice, float, int, path, string, uri } from "./parameters.ts";
import type { Schema } from "./shape.ts";
import { parameterFits } from "./spec_fits.ts";

const lower = (schema: Schema): ParameterSpec => lowerParameters({ a: schema }, {}).a!;

const rows: readonly (readonly [name: string, Schema, ParameterSpec])[] = [
  ["float()", float(), { type: "float" }],
  ["a range", float().min(0).max(1), { type: "float", min: 0, max: 1 }],
  ["an open range", float().gt(0).lt(1), { type: "float", exclusiveMin: 0, exclusiveMax: 1 }],
  ["the tighter of two bounds", float().min(0).positive().max(3).max(2), {
    type: "float",
    exclusiveMin: 0,
    max: 2,
  }],
  ["finite()", float().finite(), { type: "float" }],
  ["int()", int().min(8).max(256), { type: "int", min: 8, max: 256 }],
  ["a number made whole", z.number().int(), { type: "int" }],
  ["an open range of whole numbers", int().gt(0).lt(2.5), { type: "int", min: 1, max: 2 }],
  ["int32", z.int32().min(0), { type: "int", min: 0, max: 2147483647 }],
  ["uint32", z.uint32(), { type: "int", min: 0, max: 4294967295 }],
  ["float32", z.float32(), { type: "float" }],
  ["string()", string().min(1).max(4).regex(/^a+$/), {
    type: "string",
    minLength: 1,
    maxLength: 4,
    pattern: "^a+$",
  }],
  ["one length", string().length(3), { type: "string", minLength: 3, maxLength: 3 }],
  ["boolean()", boolean().default(true), { type: "boolean", default: true }],
  ["choice()", choice("mse", "mae").default("mae"), {
    type: "choice",
    choices: ["mse", "mae"],
    default: "mae",
  }],
  ["an enumeration", z.enum({ A: "a", B: "b" }), { type: "choice", choices: ["a", "b"] }],
  ["path()", path(), { type: "path" }],
  ["path() with more", path().describe("Raw data").default("data"), {
    type: "path",
    description: "Raw data",
    default: "data",
  }],
  ["uri() with more", uri().default("s3://x").describe("Where"), {
    type: "uri",
    description: "Where",
    default: "s3://x",
  }],
  ["a description before the default", float().describe("How strong").default(1), {
    type: "float",
    description: "How strong",
    default: 1,
  }],
  ["the outer of two defaults", float().default(1).default(2), { type: "float", default: 2 }],
  ["the outer of two descriptions", float().describe("in").default(1).describe("out"), {
    type: "float",
    default: 1,
    description: "out",
  }],
  ["a default of -0", float().default(-0), { type: "float", default: 0 }],
];
for (const [name, schema, spec] of rows) {
  Deno.test(`lowerParameters() reads ${name}`, () => assert.deepEqual(lower(schema), spec));
}

Deno.test("a schema is lowered once", () => {
  const schema = float().default(1);
  assert.equal(lower(schema), lower(schema));
});

Deno.test("a value is allowed by the lowered specification as by zod", () => {
  const bound = fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined });
  fc.assert(
    fc.property(
      bound,
      bound,
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: -14, max: 14 }),
      (low, high, isOpen, isInt, twice) => {
        let schema: z.ZodNumber = isInt ? int() : float();
        if (low !== undefined) schema = isOpen ? schema.gt(low) : schema.min(low);
        if (high !== undefined) schema = schema.max(high);
        const value = twice / 2;
        const isEmpty = low !== undefined && high !== undefined &&
          !(isOpen ? (isInt ? low + 1 <= high : low < high) : low <= high);
        fc.pre(!isEmpty);
        assert.equal(checkParameter(lower(schema), value, {}).ok, schema.safeParse(value).success);
      },
    ),
  );
});

Deno.test("one specification fits another when each of its values does", () => {
  const bounds = fc.record({
    type: fc.constantFrom("float" as const, "int" as const),
    min: fc.integer({ min: -3, max: 0 }),
    max: fc.integer({ min: 0, max: 3 }),
  }, { requiredKeys: ["type"] });
  const candidates = Array.from({ length: 41 }, (_, index) => (index - 20) / 4);
  fc.assert(fc.property(bounds, bounds, (from, to) => {
    fc.pre(!(from.type === "float" && to.type === "int" && from.min === from.max));
    const isOk = (spec: ParameterSpec, value: number) => checkParameter(spec, value, {}).ok;
    const each = candidates.every((value) => !isOk(from, value) || isOk(to, value));
    assert.equal(parameterFits(from, to), each);
  }));
});

for (
  const [from, to, fits] of [
    [choice("a", "bb"), string().max(2), true],
    [choice("a", "bbb"), string().max(2), false],
    [choice("a"), choice("a", "b"), true],
    [choice("a", "b"), choice("a"), false],
    [string(), choice("a"), false],
    [string().max(3), string(), true],
    [string(), string().max(3), false],
    [string().regex(/a/), string().regex(/a/), true],
    [string().regex(/b/), string().regex(/a/), false],
    [uri(), string(), true],
    [string(), uri(), false],
    [path(), path(), true],
    [path(), string(), false],
    [string(), path(), false],
    [boolean(), boolean(), true],
    [float().gt(0), float().min(0), true],
    [float().min(0), float().gt(0), false],
    [int(), float(), true],
  ] as const
) {
  const [a, b] = [lower(from), lower(to)];
  Deno.test(`${JSON.stringify(a)} ${fits ? "fits" : "does not fit"} ${JSON.stringify(b)}`, () =>
    assert.equal(parameterFits(a, b), fits));
}

Deno.test("a default typed on a command line is the same default", () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
    const spec = lower(float().default(value));
    const parsed = parseParameter(spec, String(value), {});
    assert.ok(parsed.ok && parsed.value === spec.default);
  }));
});
