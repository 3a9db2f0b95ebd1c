/** What to say of a parameter or flag that is not there. */
import { findReach } from "../core/entry_point.ts";
import type { Failure } from "../core/error.ts";
import { kebabCase } from "../core/kebab_case.ts";
import { nearest } from "../core/nearest.ts";
import { showValue } from "../core/parameter.ts";
import { inside, type Place } from "../core/place.ts";
import { mainEntryPoint, type PipelineDefinition } from "../core/pipeline.ts";
import type { OptionSpec } from "./command_spec.ts";
import { unknownFlag } from "./option_values.ts";
import { namesOf, type ParameterOptions } from "./parameter_options.ts";
import { listNames, suggest } from "../core/suggest.ts";

/** For `-P name=…`: PARAM_UNKNOWN. */
export function unknownParameter(
  definition: PipelineDefinition,
  entryPoint: string,
  name: string,
  parameters: ParameterOptions,
): Failure {
  const elsewhere = usedElsewhere(definition, entryPoint, name, parameters);
  if (elsewhere !== undefined) return elsewhere;
  return {
    code: "PARAM_UNKNOWN",
    message: `Cannot set parameter "${
      showValue(name)
    }" as entry point \`${entryPoint}\` has none of that name`,
    at: placeOf(definition, entryPoint),
    hint: suggest(name, "Parameters", parameters.all.map(({ parameter }) => namesOf(parameter)[0]!)),
  };
}

/** For `--name`: the nearer of the two kinds decides between PARAM_UNKNOWN and FLAG_UNKNOWN. */
export function unknownParameterOrFlag(
  definition: PipelineDefinition,
  entryPoint: string,
  written: string,
  parameters: ParameterOptions,
  options: readonly OptionSpec[],
): Failure {
  if (!written.startsWith("--")) return unknownFlag(written, options);
  const name = written.slice(2);
  const elsewhere = usedElsewhere(definition, entryPoint, name, parameters);
  if (elsewhere !== undefined) return elsewhere;
  const ofParameters = parameters.all.flatMap(({ flag }) => flag === undefined ? [] : [flag]);
  const flags = options.map((option) => option.name);
  const near = nearest(name, [...ofParameters, ...flags]);
  if (near !== undefined && !ofParameters.includes(near)) return unknownFlag(written, options);
  const known = ofParameters.length === 0
    ? "It has no parameters"
    : `Parameters: ${listNames(ofParameters.map((flag) => `--${flag}`))}`;
  return {
    code: "PARAM_UNKNOWN",
    message: `Cannot use \`${
      showValue(written)
    }\` as entry point \`${entryPoint}\` has no parameter of that name`,
    at: placeOf(definition, entryPoint),
    hint: `${near === undefined ? "" : `Did you mean \`--${near}\`? `}${known}`,
  };
}

/** A parameter that exists, but not in what this entry point runs. */
function usedElsewhere(
  definition: PipelineDefinition,
  entryPoint: string,
  name: string,
  parameters: ParameterOptions,
): Failure | undefined {
  // `--seed` where only `--preprocess.seed` is meant is a misspelling, not a parameter of elsewhere.
  const longer = parameters.all.filter(({ parameter }) => parameter.name.endsWith(`.${name}`));
  if (longer.length > 0) {
    return {
      code: "PARAM_UNKNOWN",
      message: `Cannot set parameter "${
        showValue(name)
      }" as entry point \`${entryPoint}\` has it by a longer name`,
      at: placeOf(definition, entryPoint),
      hint: `Write ${
        listNames(longer.map(({ parameter, flag }) =>
          flag === undefined ? `-P ${parameter.name}=VALUE` : `--${flag}`
        ))
      }`,
    };
  }
  const meant = meantParameters(definition, name);
  if (meant.size === 0) return undefined;
  const main = findReach(definition, mainEntryPoint)!.parameters.some((parameter) =>
    meant.has(parameter.name)
  );
  const users = definition.steps.filter((use) =>
    use.conditions.some((condition) => meant.has(condition)) ||
    Object.values(use.arguments).some((argument) => argument.is === "parameter" && meant.has(argument.name))
  );
  const names = [...(main ? [mainEntryPoint] : []), ...users.map((use) => use.name)];
  return {
    code: "PARAM_UNKNOWN",
    message: `Cannot set parameter "${showValue(name)}" as it is not used by entry point \`${entryPoint}\``,
    at: placeOf(definition, entryPoint),
    hint: names.length === 0
      ? "Leave it out: no entry point uses it"
      : `Leave it out, or run an entry point that uses it: ${listNames(names)}`,
  };
}

/** Full names of the parameters that `name` could stand for under some entry point. */
function meantParameters(definition: PipelineDefinition, name: string): ReadonlySet<string> {
  const forms = new Set([kebabCase(name), kebabCase(name.replace(/^no-/, ""))]);
  return new Set(
    Object.keys(definition.parameters).filter((full) =>
      forms.has(kebabCase(full)) || forms.has(kebabCase(full.slice(full.lastIndexOf(".") + 1)))
    ),
  );
}

function placeOf(definition: PipelineDefinition, entryPoint: string): Place {
  const use = definition.steps.find((step) => step.name === entryPoint);
  return entryPoint === mainEntryPoint || use === undefined
    ? inside(definition.place, `pipeline "${definition.name}"`)
    : inside(use.place, `step "${entryPoint}"`);
}
