/** What a step is given when its turn has come: values for its parameters, paths for its inputs. */
import { fail, type Result, succeed } from "../core/error.ts";
import type { ProducedOutput, StepReport } from "../core/event.ts";
import { checkParameter, type ParameterValue } from "../core/parameter.ts";
import { inside } from "../core/place.ts";
import type { PlannedBinding, PlannedInput, PlannedStep } from "../core/plan.ts";

export type Reports = ReadonlyMap<string, StepReport>;

export interface StepInputs {
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Absolute paths; undefined for an absent one. */
  readonly paths: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Fails with PARAM_OUT_OF_RANGE when a metric does not fit the parameter it is given to. */
export function gatherInputs(
  step: PlannedStep,
  reports: Reports,
  locate: (location: string) => string,
): Result<StepInputs> {
  const parameters: Record<string, ParameterValue> = {};
  for (const [name, argument] of Object.entries(step.arguments)) {
    if (argument.is === "value") {
      parameters[name] = argument.value;
      continue;
    }
    const value = reports.get(argument.step)!.metrics[argument.metric];
    const at = inside(step.place, `step "${step.name}"`, `parameter "${name}"`);
    const checked = checkParameter(step.parameters[name]!, value, at);
    if (!checked.ok) {
      return fail({
        ...checked.failure,
        hint: `It is the metric "${argument.metric}" of step "${argument.step}"`,
      });
    }
    parameters[name] = checked.value;
  }
  const find = (input: PlannedInput) => findPath(input, reports, locate);
  const paths = Object.fromEntries(
    Object.entries(step.inputs).map(([name, binding]) => [name, pathsOf(binding, find)]),
  );
  return succeed({ parameters, paths });
}

function pathsOf(binding: PlannedBinding, find: (input: PlannedInput) => string) {
  switch (binding.is) {
    case "absent":
      return undefined;
    case "one":
      return find(binding.input);
    case "many":
      return binding.inputs.map(find);
  }
}

function findPath(input: PlannedInput, reports: Reports, locate: (location: string) => string): string {
  switch (input.is) {
    case "file":
      return input.path;
    case "registered":
      return locate(input.location);
    case "output": {
      const output: ProducedOutput | undefined = reports.get(input.step)!.outputs[input.output];
      if (output === undefined) throw new Error(`no output "${input.output}" of step "${input.step}"`);
      return output.path;
    }
  }
}
