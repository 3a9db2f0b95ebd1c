/** A parameter of an MLproject as one of a pipeline, with what is other than it was. */
import type { ProjectParameter } from "../core/mlproject.ts";
import type { ParameterSchema } from "./pipeline_module.ts";

/** Numbers as our own command line reads them. */
const decimal = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/;

interface FoundSchema {
  readonly schema: ParameterSchema;
  readonly notes: readonly string[];
}

/** `isLate`: what it names may be made by a step before. */
export function schemaOf(parameter: ProjectParameter, isLate: boolean): FoundSchema {
  const { name, type, minimum, maximum, choices, description, default: standard } = parameter;
  const described = description === undefined ? {} : { description };
  const given = standard === undefined ? {} : { default: standard };
  if (standard !== undefined && (standard.includes("\0") || standard.length > 6000)) {
    const { default: _, ...rest } = parameter;
    const { schema } = schemaOf(rest, isLate);
    return { schema, notes: [`the default of \`${name}\` is no text that can be logged, and is left out.`] };
  }
  const [first] = choices ?? [];
  if (choices !== undefined && first !== undefined) {
    const isOne = standard === undefined || choices.includes(standard);
    return {
      schema: { type: "choice", choices: [...new Set(choices)], ...described, ...(isOne ? given : {}) },
      notes: isOne ? [] : [`the default \`${standard}\` of \`${name}\` is none of its choices.`],
    };
  }
  const isNumber = type === "float" || type === "int" || minimum !== undefined || maximum !== undefined;
  if (isNumber) return numberSchema(parameter, described);
  if (type === "boolean") {
    // The text reaches the command as it is, `True` or `true`.
    const words = /^[TF]/.test(standard ?? "t") ? ["True", "False"] : ["true", "false"];
    const isOne = standard === undefined || words.includes(standard);
    return {
      schema: { type: "choice", choices: words, ...described, ...(isOne ? given : {}) },
      notes: isOne ? [] : [`the default \`${standard}\` of \`${name}\` is neither true nor false.`],
    };
  }
  if (type === "path" || type === "uri") return placeSchema(parameter, described, isLate);
  return { schema: { type: "string", ...described, ...given }, notes: [] };
}

function numberSchema(
  { name, type, minimum, maximum, default: standard }: ProjectParameter,
  described: { readonly description?: string },
): FoundSchema {
  const isInt = type === "int" && (standard === undefined || /^[+-]?[0-9]+$/.test(standard));
  const value = standard === undefined ? undefined : Number(standard);
  if (standard !== undefined && (!decimal.test(standard) || !Number.isFinite(value))) {
    return {
      schema: { type: "string", ...described, default: standard },
      notes: [`\`${name}\` is a text, as its default \`${standard}\` is no number.`],
    };
  }
  if (isInt && value !== undefined && !Number.isSafeInteger(value)) {
    return {
      schema: { type: "string", ...described, default: standard! },
      notes: [`\`${name}\` is a text, as its default \`${standard}\` is too large for a number.`],
    };
  }
  const isWithin = value === undefined || value >= (minimum ?? -Infinity) && value <= (maximum ?? Infinity);
  const isSame = value === undefined || String(value) === standard;
  return {
    schema: {
      type: isInt ? "int" : "float",
      ...(minimum === undefined ? {} : { minimum: isInt ? Math.ceil(minimum) : minimum }),
      ...(maximum === undefined ? {} : { maximum: isInt ? Math.floor(maximum) : maximum }),
      ...described,
      ...(value === undefined || !isWithin ? {} : { default: value === 0 ? 0 : value }),
    },
    notes: [
      ...(isWithin
        ? []
        : [`the default \`${standard}\` of \`${name}\` is out of its range, and is left out.`]),
      ...(isSame
        ? []
        : [`the default of \`${name}\`, \`${standard}\`, reaches the command as \`${value}\`.`]),
    ],
  };
}

function placeSchema(
  { name, type, default: standard }: ProjectParameter,
  described: { readonly description?: string },
  isLate: boolean,
): FoundSchema {
  const given = standard === undefined ? {} : { default: standard };
  const isAddress = standard !== undefined && /^[A-Za-z][A-Za-z0-9+.-]*:/.test(standard);
  const schema = (as: "path" | "string" | "uri", ...notes: string[]): FoundSchema => ({
    schema: { type: as, ...described, ...given },
    notes,
  });
  if (standard === "") return schema("string", `\`${name}\` is a text, as it may be empty.`);
  if (type === "uri") return schema("uri");
  if (isAddress) return schema("uri", `what \`${name}\` names is not fetched: the command gets its address.`);
  if (isLate) {
    return schema(
      "string",
      `\`${name}\` is a text, as a step before may make the file; it is not made absolute.`,
    );
  }
  return schema("path");
}
