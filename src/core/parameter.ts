/** Parameters: one specification gives the static type, the command-line option and the run-time check. */
import { z } from "zod";
import { lazySchema } from "./lazy_schema.ts";
import { fail, type Failure, type Result, succeed } from "./error.ts";
import type { Place } from "./place.ts";

const described = () => ({ description: z.string().optional() });

export const ParameterSpec = lazySchema(() =>
  z.discriminatedUnion("type", [
    z.object({
      type: z.literal("float"),
      default: z.number().optional(),
      min: z.number().optional(),
      max: z.number().optional(),
      exclusiveMin: z.number().optional(),
      exclusiveMax: z.number().optional(),
      ...described(),
    }).readonly(),
    z.object({
      type: z.literal("int"),
      default: z.number().int().optional(),
      min: z.number().int().optional(),
      max: z.number().int().optional(),
      ...described(),
    }).readonly(),
    z.object({
      type: z.literal("string"),
      default: z.string().optional(),
      /** A regular expression's source, unanchored, matched with the `u` flag. */
      pattern: z.string().optional(),
      minLength: z.number().int().optional(),
      maxLength: z.number().int().optional(),
      ...described(),
    }).readonly(),
    z.object({ type: z.literal("boolean"), default: z.boolean().optional(), ...described() }).readonly(),
    z.object({
      type: z.literal("choice"),
      default: z.string().optional(),
      choices: z.array(z.string()).readonly(),
      ...described(),
    }).readonly(),
    /** A file or folder on this machine. Its content is in the key. */
    z.object({ type: z.literal("path"), default: z.string().optional(), ...described() }).readonly(),
    /** Text that names something elsewhere. */
    z.object({ type: z.literal("uri"), default: z.string().optional(), ...described() }).readonly(),
  ])
);
export type ParameterSpec = z.infer<typeof ParameterSpec>;

/** A value of a parameter. */
export type ParameterValue = string | number | boolean;
export const ParameterValueSchema: z.ZodType<ParameterValue> = lazySchema(() =>
  z.union([z.string(), z.number(), z.boolean()])
);

/** Longer values are refused: MLflow's own limit for a logged parameter, in characters. */
const maxParameterLength = 6000;

/**
 * Reads command-line text as a value of `spec`, then checks it.
 *
 * Numbers are decimal (`1e-3` is one; `0x10`, `NaN`, `1e999` and the empty text are not); an int has neither
 * point nor exponent, so `8.0` is refused. Booleans are `true` or `false`.
 * Fails with PARAM_INVALID or PARAM_OUT_OF_RANGE.
 */
export function parseParameter(spec: ParameterSpec, text: string, at: Place): Result<ParameterValue> {
  switch (spec.type) {
    case "float":
      if (!/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) return invalid(spec, text, at);
      return checkParameter(spec, Number(text), at, text);
    case "int":
      if (!/^[+-]?\d+$/.test(text)) return invalid(spec, text, at);
      return checkParameter(spec, Number(text), at, text);
    case "boolean":
      if (text !== "true" && text !== "false") return invalid(spec, text, at);
      return succeed(text === "true");
    default:
      return checkParameter(spec, text, at, text);
  }
}

/** Checks a value that came as a value. `-0` becomes `0`. Fails with PARAM_INVALID or PARAM_OUT_OF_RANGE. */
export function checkParameter(
  spec: ParameterSpec,
  value: unknown,
  at: Place,
  shown: string = showValue(value),
): Result<ParameterValue> {
  switch (spec.type) {
    case "float":
    case "int": {
      if (typeof value !== "number" || !Number.isFinite(value)) return invalid(spec, shown, at);
      if (spec.type === "int" && !Number.isSafeInteger(value)) return invalid(spec, shown, at);
      return isInRange(spec, value) ? succeed(value === 0 ? 0 : value) : outOfRange(spec, shown, at);
    }
    case "boolean":
      return typeof value === "boolean" ? succeed(value) : invalid(spec, shown, at);
    case "choice":
      if (typeof value !== "string") return invalid(spec, shown, at);
      return spec.choices.includes(value) ? succeed(value) : outOfRange(spec, shown, at);
    case "string":
    case "path":
    case "uri":
      if (typeof value !== "string" || value.includes("\0")) return invalid(spec, shown, at);
      if (value === "" && spec.type !== "string") return invalid(spec, shown, at);
      if (value.length > maxParameterLength) return tooLong(value, at);
      return spec.type === "string" && !fitsText(spec, value) ? outOfRange(spec, shown, at) : succeed(value);
  }
}

type NumberSpec = Extract<ParameterSpec, { type: "float" | "int" }>;
type StringSpec = Extract<ParameterSpec, { type: "string" }>;

function isInRange(spec: NumberSpec, value: number): boolean {
  if (spec.min !== undefined && value < spec.min) return false;
  if (spec.max !== undefined && value > spec.max) return false;
  if (spec.type === "int") return true;
  if (spec.exclusiveMin !== undefined && value <= spec.exclusiveMin) return false;
  return spec.exclusiveMax === undefined || value < spec.exclusiveMax;
}

function fitsText(spec: StringSpec, value: string): boolean {
  const length = [...value].length;
  if (spec.minLength !== undefined && length < spec.minLength) return false;
  if (spec.maxLength !== undefined && length > spec.maxLength) return false;
  return spec.pattern === undefined || new RegExp(spec.pattern, "u").test(value);
}

/** `float from 0 to 1`, `int at least 8`, `one of: csv, parquet`: what the help and the errors say. */
export function describeSpec(spec: ParameterSpec): string {
  switch (spec.type) {
    case "float":
    case "int":
      return [spec.type, describeRange(spec)].filter((part) => part !== "").join(" ");
    case "choice":
      return `one of: ${spec.choices.join(", ")}`;
    case "string": {
      const rules = [
        spec.pattern === undefined ? "" : `matching /${spec.pattern}/`,
        describeLength(spec),
      ];
      return ["string", ...rules.filter((rule) => rule !== "")].join(" ");
    }
    default:
      return spec.type;
  }
}

function describeLength({ minLength: min, maxLength: max }: StringSpec): string {
  if (min !== undefined && max !== undefined && min !== max) return `of ${min} to ${characters(max)}`;
  if (min !== undefined && max !== undefined) return `of ${characters(max)}`;
  if (min !== undefined) return `of at least ${characters(min)}`;
  return max === undefined ? "" : `of at most ${characters(max)}`;
}

const characters = (count: number) => `${count} character${count === 1 ? "" : "s"}`;

function describeRange(spec: NumberSpec): string {
  const { min, max } = spec;
  const above = spec.type === "float" ? spec.exclusiveMin : undefined;
  const below = spec.type === "float" ? spec.exclusiveMax : undefined;
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}`;
  const low = min !== undefined ? `at least ${min}` : above !== undefined ? `above ${above}` : "";
  const high = max !== undefined ? `at most ${max}` : below !== undefined ? `below ${below}` : "";
  return [low, high].filter((part) => part !== "").join(" and ");
}

/** A value as an error shows it: on one line, at most 60 characters. */
export function showValue(value: unknown): string {
  const text = typeof value === "string"
    ? value
    : typeof value === "number"
    ? numberText(value)
    : json(value);
  const line = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}

const numberText = (value: number) => Object.is(value, -0) ? "-0" : String(value);
const json = (value: unknown) => JSON.stringify(value) ?? String(value);

function nameOf(at: Place): string {
  return at.within?.at(-1) ?? "the parameter";
}

const quoted = (shown: string) => shown === "" ? "an empty text" : `\`${showValue(shown)}\``;

function invalid(spec: ParameterSpec, shown: string, at: Place): Result<never> {
  return fail(
    problem(
      "PARAM_INVALID",
      `Cannot set ${nameOf(at)} to ${quoted(shown)} as it must be ${article(spec)}`,
      spec,
      at,
    ),
  );
}

function outOfRange(spec: ParameterSpec, shown: string, at: Place): Result<never> {
  return fail(
    problem(
      "PARAM_OUT_OF_RANGE",
      `Cannot set ${nameOf(at)} to ${quoted(shown)} as it must be ${article(spec)}`,
      spec,
      at,
    ),
  );
}

function tooLong(value: string, at: Place): Result<never> {
  return fail({
    code: "PARAM_OUT_OF_RANGE",
    message: `Cannot set ${
      nameOf(at)
    } to a text of ${value.length} characters as at most ${maxParameterLength} are logged`,
    at,
    hint: "Put the text in a file and pass its path",
  });
}

function article(spec: ParameterSpec): string {
  const text = describeSpec(spec);
  if (spec.type === "choice") return text;
  return `${/^[aeio]/.test(text) ? "an" : "a"} ${text}`;
}

function problem(code: Failure["code"], message: string, spec: ParameterSpec, at: Place): Failure {
  return {
    code,
    message,
    at,
    hint: `Pass ${article(spec)}${
      spec.default === undefined ? "" : `, or leave it out for ${JSON.stringify(spec.default)}`
    }`,
  };
}
