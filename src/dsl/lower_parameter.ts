/** Zod schemas lowered to the plain specification of a parameter, once per schema. */
import { refuse, unwrap } from "../core/error.ts";
import { checkParameter, type ParameterSpec, showValue } from "../core/parameter.ts";
import { inside, type Place } from "../core/place.ts";
import { textKinds } from "./parameters.ts";

/** What is read of a schema or check: zod's own `_zod.def`, whose members depend on its type. */
interface SchemaDefinition {
  readonly [member: string]: unknown;
}
interface Definable {
  readonly _zod: { readonly def: SchemaDefinition };
}

const lowered = new WeakMap<object, ParameterSpec>();

/** Fails with PARAM_SCHEMA_UNSUPPORTED, or as `checkParameter` does for a default out of its range. */
export function lowerParameters(
  shape: Readonly<Record<string, unknown>>,
  at: Place,
): Record<string, ParameterSpec> {
  const specs: Record<string, ParameterSpec> = {};
  for (const [name, schema] of Object.entries(shape)) {
    specs[name] = lowerParameter(schema, inside(at, `parameter "${name}"`));
  }
  return specs;
}

function lowerParameter(schema: unknown, at: Place): ParameterSpec {
  if (!isSchema(schema)) unsupported(`a ${typeof schema}`, at);
  const known = lowered.get(schema);
  if (known !== undefined) return known;
  let inner: Definable = schema;
  let fallback: { readonly value: unknown } | undefined;
  let description = describe(inner);
  while (inner._zod.def.type === "default") {
    fallback ??= { value: inner._zod.def.defaultValue };
    inner = inner._zod.def.innerType as Definable;
    description ??= describe(inner);
  }
  const bare = lowerBare(inner, at);
  const described = { ...bare, ...(description === undefined ? {} : { description }) };
  const spec: ParameterSpec = fallback === undefined
    ? described
    : { ...described, default: unwrap(checkParameter(bare, fallback.value, at)) } as ParameterSpec;
  lowered.set(schema, spec);
  return spec;
}

export function isSchema(value: unknown): value is Definable {
  return typeof value === "object" && value !== null && "_zod" in value;
}

function describe(schema: Definable): string | undefined {
  return (schema as { readonly description?: string }).description;
}

function lowerBare(schema: Definable, at: Place): ParameterSpec {
  const definition = schema._zod.def;
  if (definition.coerce === true) unsupported("one that converts its value (`coerce`)", at);
  const checks = ((definition.checks ?? []) as readonly Definable[]).map((check) => check._zod.def);
  switch (definition.type) {
    case "number":
      return lowerNumber(definition.check === undefined ? checks : [definition, ...checks], at);
    case "string":
      if (definition.format !== undefined) unsupported(`a text of format \`${definition.format}\``, at);
      return lowerString(checks, textKinds.get(schema as never)?.textKind, at);
    case "boolean":
      if (checks.length > 0) unsupportedCheck(checks[0]!, at);
      return { type: "boolean" };
    case "enum":
      if (checks.length > 0) unsupportedCheck(checks[0]!, at);
      return lowerEnum(definition.entries as Record<string, unknown>, at);
    default:
      return unsupported(`\`${definition.type}\``, at);
  }
}

interface Range {
  low: number | undefined;
  lowIsInside: boolean;
  high: number | undefined;
  highIsInside: boolean;
}

function lowerNumber(checks: readonly SchemaDefinition[], at: Place): ParameterSpec {
  let isInt = false;
  const range: Range = { low: undefined, lowIsInside: true, high: undefined, highIsInside: true };
  for (const check of checks) {
    switch (check.check) {
      case "number_format":
        if (check.format === "float32" || check.format === "float64") break;
        isInt = true;
        if (check.format === "int32") raise(range, -(2 ** 31)), lower(range, 2 ** 31 - 1);
        if (check.format === "uint32") raise(range, 0), lower(range, 2 ** 32 - 1);
        break;
      case "greater_than":
        raise(range, check.value as number, check.inclusive as boolean);
        break;
      case "less_than":
        lower(range, check.value as number, check.inclusive as boolean);
        break;
      default:
        unsupportedCheck(check, at);
    }
  }
  if (isInt) makeWhole(range);
  checkNotEmpty(range, at);
  const low = range.low === undefined
    ? {}
    : range.lowIsInside
    ? { min: range.low }
    : { exclusiveMin: range.low };
  const high = range.high === undefined
    ? {}
    : range.highIsInside
    ? { max: range.high }
    : { exclusiveMax: range.high };
  return { type: isInt ? "int" : "float", ...low, ...high };
}

function raise(range: Range, bound: number, isInside = true) {
  if (range.low !== undefined && (bound < range.low || (bound === range.low && isInside))) return;
  range.low = bound, range.lowIsInside = isInside;
}

function lower(range: Range, bound: number, isInside = true) {
  if (range.high !== undefined && (bound > range.high || (bound === range.high && isInside))) return;
  range.high = bound, range.highIsInside = isInside;
}

/** The same whole numbers with whole, inner bounds. */
function makeWhole(range: Range) {
  const { low, high } = range;
  if (low !== undefined) range.low = range.lowIsInside ? Math.ceil(low) : Math.floor(low) + 1;
  if (high !== undefined) range.high = range.highIsInside ? Math.floor(high) : Math.ceil(high) - 1;
  range.lowIsInside = range.highIsInside = true;
}

function checkNotEmpty({ low, lowIsInside, high, highIsInside }: Range, at: Place) {
  for (const bound of [low, high]) {
    if (bound !== undefined && !Number.isFinite(bound)) unsupported(`a number bound by \`${bound}\``, at);
  }
  if (low === undefined || high === undefined) return;
  if (low > high || (low === high && !(lowIsInside && highIsInside))) {
    unsupported(`a number above ${low} and below ${high}, which no number is`, at);
  }
}

function lowerString(
  checks: readonly SchemaDefinition[],
  kind: "path" | "uri" | undefined,
  at: Place,
): ParameterSpec {
  if (kind !== undefined) {
    if (checks.length > 0) unsupportedCheck(checks[0]!, at);
    return { type: kind };
  }
  const rules: { pattern?: string; minLength?: number; maxLength?: number } = {};
  const atLeast = (length: number) => rules.minLength = Math.max(rules.minLength ?? 0, length);
  const atMost = (length: number) => rules.maxLength = Math.min(rules.maxLength ?? Infinity, length);
  for (const check of checks) {
    switch (check.check) {
      case "min_length":
        atLeast(check.minimum as number);
        break;
      case "max_length":
        atMost(check.maximum as number);
        break;
      case "length_equals":
        atLeast(check.length as number), atMost(check.length as number);
        break;
      case "string_format":
        if (check.format !== "regex") unsupportedCheck(check, at);
        if (rules.pattern !== undefined) unsupported("a text with two patterns", at);
        rules.pattern = lowerPattern(check.pattern as RegExp, at);
        break;
      default:
        unsupportedCheck(check, at);
    }
  }
  return { type: "string", ...rules };
}

/** The pattern as MLproject's readers and ours can match it: no flags, valid with the `u` flag. */
function lowerPattern(pattern: RegExp, at: Place): string {
  if (!/^u?$/.test(pattern.flags)) {
    unsupported(`a pattern with flags (\`${showValue(String(pattern))}\`)`, at);
  }
  try {
    new RegExp(pattern.source, "u");
  } catch {
    unsupported(`a pattern that is not one with the \`u\` flag (\`${showValue(String(pattern))}\`)`, at);
  }
  return pattern.source;
}

function lowerEnum(entries: Readonly<Record<string, unknown>>, at: Place): ParameterSpec {
  const choices = Object.values(entries);
  if (choices.length === 0) unsupported("a choice of nothing", at);
  if (!choices.every((value) => typeof value === "string")) unsupported("an enumeration of numbers", at);
  return { type: "choice", choices: choices as string[] };
}

function unsupportedCheck(check: SchemaDefinition, at: Place): never {
  const names: Readonly<Record<string, string>> = { custom: "refine", overwrite: "trim or another change" };
  const name = String(check.format ?? check.check);
  return unsupported(`one with \`${names[name] ?? name}\``, at);
}

function unsupported(found: string, at: Place): never {
  return refuse({
    code: "PARAM_SCHEMA_UNSUPPORTED",
    message:
      `Cannot define this parameter as its schema must be plain (float, int, string, boolean, choice, path or uri), not ${found}`,
    at,
    hint:
      "Ranges, lengths, one pattern, a default and a description are kept; check anything else in the step itself",
  });
}
