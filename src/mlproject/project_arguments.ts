/** The values of an entry point's parameters: given ones, defaults, and what may not be. */
import { fail, type Failure, type Result, succeed } from "../core/error.ts";
import type { ProjectEntryPoint, ProjectParameter } from "../core/mlproject.ts";
import { showValue } from "../core/parameter.ts";
import { inside } from "../core/place.ts";
import { holesOf, type Values } from "./fill_command.ts";

export interface ProjectArguments {
  /** Of what the entry point names, in the order of the file. */
  readonly values: Values;
  /** What it does not name, in the order it was given. */
  readonly extra: Values;
}

/**
 * A hole of the command that no parameter is named for is a required text. `given` is what was typed.
 *
 * Fails with PARAM_MISSING for what has no value, and with PARAM_INVALID and PARAM_OUT_OF_RANGE for types and bounds that
 * MLflow does not know; a `float` without bounds may be any text, as MLflow looks at none.
 */
export function resolveProjectArguments(
  entryPoint: ProjectEntryPoint,
  given: Values,
): Result<ProjectArguments> {
  const parameters = declaredParameters(entryPoint);
  const values = new Map<string, string>();
  const missing: string[] = [];
  for (const parameter of parameters) {
    const value = given.get(parameter.name) ?? parameter.default;
    if (value === undefined) {
      missing.push(parameter.name);
      continue;
    }
    const failure = checkValue(parameter, value, given.has(parameter.name));
    if (failure !== undefined) return fail(failure);
    values.set(parameter.name, value);
  }
  if (missing.length > 0) return fail(missingFailure(entryPoint, missing));
  return succeed({ values, extra: new Map([...given].filter(([name]) => !values.has(name))) });
}

/** With those that only the command names. */
export function declaredParameters(entryPoint: ProjectEntryPoint): readonly ProjectParameter[] {
  const names = new Set(entryPoint.parameters.map(({ name }) => name));
  const holes = entryPoint.command === undefined ? [] : holesOf(entryPoint.command);
  const others = holes.filter((name) => !names.has(name))
    .map((name): ProjectParameter => ({
      name,
      type: "string",
      place: inside(entryPoint.place, `parameter "${name}"`),
    }));
  return [...entryPoint.parameters, ...others];
}

function missingFailure(entryPoint: ProjectEntryPoint, missing: readonly string[]): Failure {
  const names = missing.map((name) => `\`${name}\``).join(", ");
  return {
    code: "PARAM_MISSING",
    message: `Cannot run entry point \`${entryPoint.name}\` without a value for ${names}`,
    at: entryPoint.place,
    hint: `Pass ${missing.map((name) => `\`-P ${name}=VALUE\``).join(" ")}`,
  };
}

function checkValue(parameter: ProjectParameter, text: string, isGiven: boolean): Failure | undefined {
  const { name, type, minimum, maximum, choices } = parameter;
  const refused = (code: "PARAM_INVALID" | "PARAM_OUT_OF_RANGE", rule: string): Failure => ({
    code,
    message: `Cannot set ${isGiven ? "parameter" : "the default of parameter"} \`${name}\` to \`${
      showValue(text)
    }\` as it must be ${rule}`,
    at: parameter.place,
    hint: isGiven ? `Pass \`-P ${name}=VALUE\` with another value` : "Correct the default, or pass a value",
  });
  if (text.includes("\0")) return refused("PARAM_INVALID", "a text without a zero byte");
  if (type === "int" && !/^[+-]?[0-9]+$/.test(text)) return refused("PARAM_INVALID", "a whole number");
  if (type === "boolean" && !/^([Tt]rue|[Ff]alse)$/.test(text)) {
    return refused("PARAM_INVALID", "true or false");
  }
  if (minimum !== undefined || maximum !== undefined) {
    const value = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(text) ? Number(text) : NaN;
    if (Number.isNaN(value)) return refused("PARAM_INVALID", "a number");
    if (minimum !== undefined && value < minimum) return refused("PARAM_OUT_OF_RANGE", `at least ${minimum}`);
    if (maximum !== undefined && value > maximum) return refused("PARAM_OUT_OF_RANGE", `at most ${maximum}`);
  }
  if (choices !== undefined && !choices.includes(text)) {
    return refused("PARAM_OUT_OF_RANGE", `one of: ${choices.join(", ")}`);
  }
  return undefined;
}
