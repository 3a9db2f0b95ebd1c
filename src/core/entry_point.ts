/** Entry points: what can be asked of a pipeline, and which parameters each reaches. */
import type { Failure } from "./error.ts";
import { showValue } from "./parameter.ts";
import { suggest } from "./suggest.ts";
import {
  mainEntryPoint,
  type PipelineDefinition,
  type PipelineResult,
  sourcesOf,
  type StepUse,
} from "./pipeline.ts";
import type { ParameterSpec } from "./parameter.ts";

/** A parameter that can be set for an entry point. */
export interface SettableParameter {
  /** A key of `PipelineDefinition.parameters`: `alpha`, `preprocess.seed`. */
  readonly name: string;
  /** What it may be called as well: `seed` for `preprocess.seed` when `preprocess` is the entry point. */
  readonly shortName?: string;
  readonly spec: ParameterSpec;
}

/** What an entry point runs and takes. */
export interface Reach {
  /** In the order of wiring. */
  readonly steps: readonly StepUse[];
  readonly parameters: readonly SettableParameter[];
}

/** `main` first, when the pipeline returns something that a step makes or has steps at all; then each step. */
export function entryPoints(definition: PipelineDefinition): string[] {
  return [mainEntryPoint, ...definition.steps.map((use) => use.name)];
}

/** ENTRY_POINT_UNKNOWN, with the nearest name and all of them. */
export function unknownEntryPoint(definition: PipelineDefinition, entryPoint: string): Failure {
  return {
    code: "ENTRY_POINT_UNKNOWN",
    message: `Cannot run entry point \`${
      showValue(entryPoint)
    }\` as pipeline "${definition.name}" has none of that name`,
    at: definition.place,
    hint: suggest(entryPoint, "Entry points", entryPoints(definition)),
  };
}

/** Undefined when there is no such entry point. */
export function findReach(definition: PipelineDefinition, entryPoint: string): Reach | undefined {
  const wanted = wantedSteps(definition, entryPoint);
  if (wanted === undefined) return undefined;
  const reached = new Set(wanted);
  // A step needs none but those wired before it.
  for (let index = definition.steps.length - 1; index >= 0; index--) {
    const use = definition.steps[index]!;
    if (reached.has(use.name)) { for (const name of neededSteps(use)) reached.add(name); }
  }
  const steps = definition.steps.filter((use) => reached.has(use.name));
  return { steps, parameters: settable(definition, entryPoint, steps) };
}

/** The steps that must finish before `use` starts: by data, metric or `after`; without repetition. */
export function neededSteps(use: StepUse): string[] {
  const names: string[] = [];
  for (const name of use.after) names.push(name);
  for (const name in use.arguments) {
    const argument = use.arguments[name]!;
    if (argument.is === "metric") names.push(argument.step);
  }
  for (const name in use.inputs) {
    for (const source of sourcesOf(use.inputs[name]!)) {
      if (source.is === "output") names.push(source.step);
    }
  }
  if (names.length < 2 || (names.length === 2 && names[0] !== names[1])) return names;
  return [...new Set(names)];
}

/** `main` runs what is returned; a pipeline that returns nothing runs everything. */
function wantedSteps(definition: PipelineDefinition, entryPoint: string): readonly string[] | undefined {
  if (definition.steps.some((use) => use.name === entryPoint)) return [entryPoint];
  if (entryPoint !== mainEntryPoint) return undefined;
  const returned = Object.values(definition.results).flatMap(resultSteps);
  return returned.length > 0 ? returned : definition.steps.map((use) => use.name);
}

function resultSteps(result: PipelineResult): readonly string[] {
  switch (result.is) {
    case "output":
    case "metric":
      return [result.step];
    case "steps":
      return result.steps;
    case "list":
      return result.items.flatMap(resultSteps);
    case "given":
    case "parameter":
      return [];
  }
}

function settable(
  definition: PipelineDefinition,
  entryPoint: string,
  steps: readonly StepUse[],
): SettableParameter[] {
  const used = new Set<string>();
  for (const use of steps) {
    for (const condition of use.conditions) used.add(condition);
    for (const name in use.arguments) {
      const argument = use.arguments[name]!;
      if (argument.is === "parameter") used.add(argument.name);
    }
  }
  for (const result of Object.values(definition.results)) {
    if (result.is === "parameter") used.add(result.name);
  }
  const prefix = `${entryPoint}.`;
  return Object.entries(definition.parameters).filter(([name]) => used.has(name)).map(([name, spec]) => {
    const short = name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
    const isFree = short !== undefined && definition.parameters[short] === undefined;
    return isFree ? { name, shortName: short, spec } : { name, spec };
  });
}
