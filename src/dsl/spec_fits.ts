/** Whether every value of one specification fits another: ranges of parameters and kinds of inputs. */
import type { KindSpec } from "../core/kind.ts";
import type { ParameterSpec } from "../core/parameter.ts";

/** Whether each value that `from` allows, `to` allows as well. */
export function parameterFits(from: ParameterSpec, to: ParameterSpec): boolean {
  if (from === to) return true;
  switch (to.type) {
    case "float":
    case "int":
      if (from.type !== "int" && from.type !== to.type) return false;
      return numberFits(from as NumberSpec, to);
    case "string":
      if (from.type === "string") return textFits(from, to);
      if (from.type === "choice") return from.choices.every((value) => textAllows(to, value));
      return from.type === "uri" && to.pattern === undefined && to.minLength === undefined &&
        to.maxLength === undefined;
    case "choice":
      return from.type === "choice" && from.choices.every((value) => to.choices.includes(value));
    case "boolean":
    case "path":
    case "uri":
      return from.type === to.type;
  }
}

type NumberSpec = Extract<ParameterSpec, { type: "float" | "int" }>;
type TextSpec = Extract<ParameterSpec, { type: "string" }>;

function numberFits(from: NumberSpec, to: NumberSpec): boolean {
  const [fromLow, fromHigh] = bounds(from), [toLow, toHigh] = bounds(to);
  const lowFits = fromLow.at > toLow.at || (fromLow.at === toLow.at && (toLow.isInside || !fromLow.isInside));
  const highFits = fromHigh.at < toHigh.at ||
    (fromHigh.at === toHigh.at && (toHigh.isInside || !fromHigh.isInside));
  return lowFits && highFits;
}

function bounds(spec: NumberSpec) {
  const above = spec.type === "float" ? spec.exclusiveMin : undefined;
  const below = spec.type === "float" ? spec.exclusiveMax : undefined;
  return [
    { at: spec.min ?? above ?? -Infinity, isInside: spec.min !== undefined || above === undefined },
    { at: spec.max ?? below ?? Infinity, isInside: spec.max !== undefined || below === undefined },
  ] as const;
}

function textFits(from: TextSpec, to: TextSpec): boolean {
  return (to.pattern === undefined || to.pattern === from.pattern) &&
    (from.minLength ?? 0) >= (to.minLength ?? 0) &&
    (from.maxLength ?? Infinity) <= (to.maxLength ?? Infinity);
}

function textAllows(spec: TextSpec, value: string): boolean {
  const { length } = [...value];
  return length >= (spec.minLength ?? 0) && length <= (spec.maxLength ?? Infinity) &&
    (spec.pattern === undefined || new RegExp(spec.pattern, "u").test(value));
}

/** Why what is made as `from` does not fit an input of kind `to`; undefined when it fits. */
export function findKindConflict(from: KindSpec, to: KindSpec): string | undefined {
  if (from === to) return undefined;
  if (from.kind === "dataset" && to.kind === "dataset") return findColumnConflict(from, to);
  if (from.kind === "model" && to.kind === "model") {
    const missing = to.flavors.find((flavor) => !from.flavors.includes(flavor));
    return missing === undefined
      ? undefined
      : `a model of flavor ${missing} is wanted, not of ${from.flavors.join(", ")}`;
  }
  if (from.kind === "file" && to.kind === "file") {
    const isSame = to.format === undefined || from.format === undefined || to.format === from.format;
    return isSame ? undefined : `the format ${to.format} is wanted, not ${from.format}`;
  }
  return `a ${to.kind} is wanted, not a ${from.kind}`;
}

type DatasetSpec = Extract<KindSpec, { kind: "dataset" }>;

function findColumnConflict(from: DatasetSpec, to: DatasetSpec): string | undefined {
  if (from.format !== to.format) return `the format ${to.format} is wanted, not ${from.format}`;
  for (const [name, wanted] of Object.entries(to.columns)) {
    const found = from.columns[name];
    if (found === undefined) return `a column ${name} is wanted, and there is none`;
    const isSameType = found.type === wanted.type || (wanted.type === "number" && found.type === "integer");
    if (!isSameType) return `column ${name} is of type ${found.type}, not ${wanted.type}`;
    if (found.optional === true && wanted.optional !== true) return `column ${name} has empty cells`;
  }
  return undefined;
}
