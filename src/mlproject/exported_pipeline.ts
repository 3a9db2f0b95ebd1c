/** A pipeline as the files of an MLflow project say it: `MLproject` for MLflow, `pipeline.json` for the driver beside it. */
import { outputFileName } from "../core/kind.ts";
import { entryPoints, findReach, type Reach } from "../core/entry_point.ts";
import { quoteForShell } from "../core/command.ts";
import { refuse } from "../core/error.ts";
import { describeSpec, type ParameterSpec } from "../core/parameter.ts";
import {
  type Argument,
  type Binding,
  mainEntryPoint,
  type PipelineDefinition,
  type Source,
  sourcesOf,
  type StepUse,
} from "../core/pipeline.ts";
import { pythonPattern } from "./python_pattern.ts";
import { writeYaml, type WrittenYaml } from "./write_yaml.ts";

/** Where things of the pipeline lie in the exported folder, by forward slashes from its root. */
export interface ExportedPlaces {
  /** Of the folder that a step runs in. */
  folder(use: StepUse): string;
  /** Of what no step makes. */
  file(source: Extract<Source, { is: "file" }>): string;
  /** Of a `path` argument that the pipeline itself gives. */
  argument(use: StepUse, value: string): string;
  /** Of the default of a `path` parameter. */
  standard(value: string): string;
  /** The project whose environment a step has; undefined for that of the whole. */
  environment(use: StepUse): string | undefined;
  /** How `functions.js` knows the module of a `run` function. */
  module(use: StepUse): string;
}

/** The key of MLproject that names the environment, with its file. */
export type EnvironmentKey = { readonly python_env: string } | { readonly conda_env: string };

/** Steps of pipelines in pipelines have slashes in their names, which entry points of MLflow projects have not. */
const exportedName = (step: string): string => step.replaceAll("/", ".");

/** What MLproject cannot pass on: a hole of a command has no dot, and MLflow looks for a path's default elsewhere. */
const isPassed = (name: string, spec: ParameterSpec): boolean =>
  !name.includes(".") && !(spec.type === "path" && spec.default !== undefined);

/** Fails with NAME_COLLISION. */
export function exportedMlproject(definition: PipelineDefinition, environment: EnvironmentKey): string {
  const points: Record<string, WrittenYaml> = {};
  for (const name of entryPoints(definition)) {
    const written = exportedName(name);
    if (points[written] !== undefined) {
      refuse({
        code: "NAME_COLLISION",
        message: `Cannot export step "${name}" as two entry points would be called \`${written}\``,
        at: definition.place,
        hint: "Rename one of the two with `.as(…)`",
      });
    }
    points[written] = entryPoint(written, definition, name);
  }
  return writeYaml({ name: definition.name, ...environment, entry_points: points });
}

function entryPoint(written: string, definition: PipelineDefinition, name: string): WrittenYaml {
  const { parameters } = findReach(definition, name)!;
  const passed = parameters.map((one) => ({ ...one, name: one.shortName ?? one.name }))
    .filter((one) => isPassed(one.name, one.spec));
  const holes = passed.map((one) => ` --${one.name} {${one.name}}`).join("");
  const program = `python run_pipeline.py ${
    quoteForShell(written).replaceAll("{", "{{").replaceAll("}", "}}")
  }`;
  const description = definition.steps.find((use) => use.name === name)?.definition.description ??
    (name === mainEntryPoint ? definition.description : undefined);
  return {
    description,
    parameters: passed.length === 0
      ? undefined
      : Object.fromEntries(passed.map((one) => [one.name, parameter(one.spec)])),
    command: program + holes,
  };
}

function parameter(spec: ParameterSpec): WrittenYaml {
  const standard = spec.default;
  return {
    type: spec.type === "choice" ? "string" : spec.type,
    default: typeof standard === "number" && !Number.isInteger(standard)
      ? numberOrText(standard)
      : typeof standard === "boolean"
      ? String(standard)
      : standard,
    ...(spec.type === "float" || spec.type === "int" ? { minimum: spec.min, maximum: spec.max } : {}),
    ...(spec.type === "choice" ? { choices: spec.choices } : {}),
    description: [spec.description, needsWords(spec) ? describeSpec(spec) : undefined]
      .filter((words) => words !== undefined).join("; ") || undefined,
  };
}

/** MLflow passes on what Python's `str()` makes of it, which writes small and large numbers in its own way. */
const numberOrText = (value: number): number | string =>
  /^-?\d{1,15}\.\d+$/.test(String(value)) && Math.abs(value) >= 1e-4 ? value : String(value);

/** Whether `minimum`, `maximum` and `choices` do not say all of it. */
const needsWords = (spec: ParameterSpec): boolean =>
  spec.type === "float" && (spec.exclusiveMin !== undefined || spec.exclusiveMax !== undefined) ||
  spec.type === "string" &&
    (spec.pattern ?? spec.minLength ?? spec.maxLength) !== undefined;

/** The text of `pipeline.json`. */
export function exportedPipeline(definition: PipelineDefinition, places: ExportedPlaces): string {
  const names = entryPoints(definition);
  const data = {
    version: 1,
    pipeline: definition.name,
    parameters: Object.fromEntries(
      Object.entries(definition.parameters).map(([name, spec]) => [name, exportedSpec(spec, places)]),
    ),
    entryPoints: Object.fromEntries(
      names.map((name) => [exportedName(name), reachOf(name, findReach(definition, name)!)]),
    ),
    steps: definition.steps.map((use, index) => exportedStep(use, index, places)),
  };
  return `${JSON.stringify(data, null, 2)}\n`;
}

function reachOf(name: string, { steps, parameters }: Reach) {
  const names = parameters.flatMap((one) => [
    [one.name, one.name],
    ...(one.shortName === undefined ? [] : [[one.shortName, one.name]]),
  ]);
  return { step: name, steps: steps.map((use) => use.name), parameters: Object.fromEntries(names) };
}

function exportedSpec(spec: ParameterSpec, places: ExportedPlaces) {
  if (spec.type === "path" && spec.default !== undefined) {
    const { default: standard, ...rest } = spec;
    return { ...rest, defaultFile: places.standard(standard) };
  }
  if (spec.type !== "string" || spec.pattern === undefined) return spec;
  return { ...spec, pythonPattern: pythonPattern(spec.pattern) };
}

function exportedStep(use: StepUse, index: number, places: ExportedPlaces) {
  const { definition } = use;
  const { body, limits } = definition;
  return {
    name: use.name,
    folderName: `step-${index}`,
    words: body.is === "command" ? body.command.words : [],
    function: body.is === "function" ? [places.module(use), definition.name] : null,
    folder: places.folder(use),
    environment: places.environment(use) ?? null,
    arguments: Object.fromEntries(
      Object.entries(use.arguments).map(([name, argument]) => [
        name,
        exportedArgument(use, name, argument, places),
      ]),
    ),
    parameters: Object.fromEntries(
      Object.entries(definition.parameters).map(([name, spec]) => [name, exportedSpec(spec, places)]),
    ),
    inputs: Object.fromEntries(
      Object.entries(use.inputs).map(([name, binding]) => [name, {
        takes: definition.inputs[name]!.takes,
        sources: exportedSources(binding, places),
      }]),
    ),
    outputs: Object.fromEntries(
      Object.entries(definition.outputs).map(([name, kind]) => [name, outputFileName(name, kind)]),
    ),
    metrics: definition.metrics,
    conditions: use.conditions,
    retries: limits.retries,
    timeoutMs: limits.timeoutMs ?? null,
  };
}

function exportedArgument(use: StepUse, name: string, argument: Argument, places: ExportedPlaces) {
  const isPath = use.definition.parameters[name]?.type === "path";
  return argument.is === "value" && isPath
    ? { is: "file", path: places.argument(use, String(argument.value)) }
    : argument;
}

const exportedSources = (binding: Binding, places: ExportedPlaces) =>
  sourcesOf(binding).map((source) =>
    source.is === "output"
      ? source
      : source.is === "file"
      ? { is: "file", path: places.file(source) }
      : { is: "registered", uri: source.uri }
  );
