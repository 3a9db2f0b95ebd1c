/** Plan: a pipeline and its arguments to a frozen, keyed graph. This file: what was asked, checked and complete. */
import { resolve } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import { findReach, type Reach, type SettableParameter, unknownEntryPoint } from "../core/entry_point.ts";
import { fail, type Failure, type Result, succeed } from "../core/error.ts";
import { nearest } from "../core/nearest.ts";
import { listNames } from "../core/suggest.ts";
import { checkParameter, type ParameterValue, parseParameter, showValue } from "../core/parameter.ts";
import { inside, type Place } from "../core/place.ts";
import { mainEntryPoint, type PipelineDefinition, type StepUse } from "../core/pipeline.ts";
import type { RunRequest } from "../core/run.ts";

/** A request whose every parameter is known and within its range. */
export interface ResolvedRequest {
  readonly entryPoint: string;
  readonly reach: Reach;
  /** By full name. Values of `path` parameters are absolute. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
}

/**
 * Gives each settable parameter its value: what was asked for, else its default.
 *
 * A `path` that was asked for is relative to `workingFolder`, a default to the pipeline's own folder.
 * Fails with ENTRY_POINT_UNKNOWN, PARAM_UNKNOWN, PARAM_CONFLICT, PARAM_MISSING, PARAM_INVALID, PARAM_OUT_OF_RANGE.
 */
export function resolveArguments(
  definition: PipelineDefinition,
  request: RunRequest,
  workingFolder: string,
): Result<ResolvedRequest> {
  const reach = findReach(definition, request.entryPoint);
  if (reach === undefined) return fail(unknownEntryPoint(definition, request.entryPoint));
  const given = nameParameters(definition, request, reach);
  if (!given.ok) return given;
  const pipelineFolder = fileURLToPath(new URL(".", definition.module));
  const parameters: Record<string, ParameterValue> = {};
  const placeOf = openPlaces(definition, request.entryPoint);
  for (const parameter of reach.parameters) {
    const { name, spec } = parameter;
    if (given.value.has(name)) {
      const at = placeOf(parameter);
      const value = given.value.get(name);
      const checked = request.isText && typeof value === "string"
        ? parseParameter(spec, value, at)
        : checkParameter(spec, value, at);
      if (!checked.ok) return checked;
      parameters[name] = spec.type === "path" ? resolve(workingFolder, String(checked.value)) : checked.value;
    } else if (spec.default !== undefined) {
      parameters[name] = spec.type === "path" ? resolve(pipelineFolder, spec.default) : spec.default;
    } else {
      return fail(missing(parameter, placeOf(parameter), request.entryPoint));
    }
  }
  return succeed({ entryPoint: request.entryPoint, reach, parameters });
}

/** What was asked for, by full name; the values as they came. Undefined values count as not given. */
function nameParameters(
  definition: PipelineDefinition,
  request: RunRequest,
  reach: Reach,
): Result<ReadonlyMap<string, unknown>> {
  const byName = new Map<string, SettableParameter>();
  for (const parameter of reach.parameters) {
    byName.set(parameter.name, parameter);
    if (parameter.shortName !== undefined) byName.set(parameter.shortName, parameter);
  }
  const given = new Map<string, unknown>();
  for (const [name, value] of Object.entries(request.parameters)) {
    if (value === undefined) continue;
    const parameter = byName.get(name);
    if (parameter === undefined) return fail(unknownParameter(definition, request.entryPoint, name, byName));
    if (given.has(parameter.name)) {
      return fail({
        code: "PARAM_CONFLICT",
        message:
          `Cannot set parameter "${parameter.name}" twice, as \`${parameter.name}\` and as \`${parameter.shortName}\``,
        at: openPlaces(definition, request.entryPoint)(parameter),
        hint: "Give it once",
      });
    }
    given.set(parameter.name, value);
  }
  return succeed(given);
}

/** The step that takes it where that is clear: the entry point itself, or the step whose name it bears. */
function openPlaces(
  definition: PipelineDefinition,
  entryPoint: string,
): (parameter: SettableParameter) => Place {
  let uses: ReadonlyMap<string, StepUse> | undefined;
  return (parameter) => {
    uses ??= new Map(definition.steps.map((use) => [use.name, use]));
    const own = uses.get(entryPoint);
    const taken = Object.entries(own?.arguments ?? {}).find(([, argument]) =>
      argument.is === "parameter" && argument.name === parameter.name
    );
    if (own !== undefined && taken !== undefined) {
      return inside(own.place, `step "${own.name}"`, `parameter "${taken[0]}"`);
    }
    const dot = parameter.name.lastIndexOf(".");
    const owner = uses.get(parameter.name.slice(0, Math.max(dot, 0)));
    return owner === undefined
      ? inside(definition.place, `pipeline "${definition.name}"`, `parameter "${parameter.name}"`)
      : inside(owner.place, `step "${owner.name}"`, `parameter "${parameter.name.slice(dot + 1)}"`);
  };
}

function missing(parameter: SettableParameter, at: Place, entryPoint: string): Failure {
  const name = parameter.shortName ?? parameter.name;
  return {
    code: "PARAM_MISSING",
    message: `Cannot run entry point \`${entryPoint}\` without parameter "${name}" as it has no default`,
    at,
    hint: `Pass \`--${name} VALUE\``,
  };
}

function unknownParameter(
  definition: PipelineDefinition,
  entryPoint: string,
  name: string,
  known: ReadonlyMap<string, SettableParameter>,
): Failure {
  const at = inside(
    definition.place,
    entryPoint === mainEntryPoint ? `pipeline "${definition.name}"` : `step "${entryPoint}"`,
  );
  if (Object.hasOwn(definition.parameters, name)) {
    return {
      code: "PARAM_UNKNOWN",
      message: `Cannot set parameter "${showValue(name)}" as entry point \`${entryPoint}\` does not use it`,
      at,
      hint: "Leave it out, or run an entry point that uses it",
    };
  }
  const near = nearest(name, known.keys());
  const all = known.size === 0 ? "It has no parameters" : `Parameters: ${listNames([...known.keys()])}`;
  return {
    code: "PARAM_UNKNOWN",
    message: `Cannot set parameter "${
      showValue(name)
    }" as entry point \`${entryPoint}\` has none of that name`,
    at,
    hint: `${near === undefined ? "" : `Did you mean \`${near}\`? `}${all}`,
  };
}
