/** What a pipeline says and an MLflow project cannot: by name and place. */
import type { Permissions } from "../core/permissions.ts";
import { inside, type Place } from "../core/place.ts";
import type { PipelineDefinition, StepDefinition } from "../core/pipeline.ts";
import { pythonPattern } from "./python_pattern.ts";

export interface Unsaid {
  /** Of the step, or of the parameter. */
  readonly name: string;
  /** What is said, and what becomes of it. */
  readonly what: string;
  readonly at: Place;
}

/** Of each step's definition once, in the order of wiring. */
export function findUnsaid(definition: PipelineDefinition): readonly Unsaid[] {
  const steps = new Set(definition.steps.map((use) => use.definition));
  return [
    ...[...steps].flatMap((step) =>
      unsaidOfStep(step).map((what): Unsaid => ({ name: step.name, what, at: step.place }))
    ),
    ...Object.entries(definition.parameters).flatMap(([name, spec]): Unsaid[] =>
      spec.type === "string" && spec.pattern !== undefined && pythonPattern(spec.pattern) === undefined
        ? [{
          name,
          what: `the pattern /${spec.pattern}/ is not checked, as Python reads it otherwise`,
          at: inside(definition.place, `parameter "${name}"`),
        }]
        : []
    ),
  ];
}

function unsaidOfStep(step: StepDefinition): string[] {
  const { limits, environment } = step;
  return [
    ...(step.sandbox === "full" ? ["sandbox: nothing holds the step's process"] : []),
    ...permissionWords(step.permissions),
    ...(step.cache === undefined ? [] : ["cache: the step runs each time"]),
    ...(limits.cores === 1 ? [] : [`cores: ${limits.cores} are not reserved`]),
    ...(limits.memoryBytes === undefined ? [] : [`memory: ${limits.memoryBytes} bytes are no limit`]),
    ...(limits.cpuTimeMs === undefined ? [] : [`processor time: ${limits.cpuTimeMs} ms are no limit`]),
    ...(environment.kind === "docker"
      ? ["docker: the step runs with the programs of the machine, not with those of the image"]
      : []),
    ...Object.entries(step.outputs).flatMap(([name, kind]) =>
      kind.kind === "dataset" && Object.keys(kind.columns).length > 0
        ? [`output "${name}": its columns are not checked`]
        : kind.kind === "model" && kind.flavors.length > 0
        ? [`output "${name}": its flavors are not checked`]
        : []
    ),
  ];
}

function permissionWords({ net, read, write, env, gpu }: Permissions): string[] {
  return [
    ...(typeof net === "object" ? [`permissions.net: not only ${net.join(", ")} can be reached`] : []),
    ...(read.length === 0 ? [] : [`permissions.read: ${read.join(", ")} must be on the machine`]),
    ...(write.length === 0 ? [] : [`permissions.write: not only ${write.join(", ")} can be written`]),
    ...(env.length === 0 ? [] : [`permissions.env: all variables are seen, not only ${env.join(", ")}`]),
    ...(gpu ? ["permissions.gpu: a GPU is not asked for"] : []),
  ];
}
