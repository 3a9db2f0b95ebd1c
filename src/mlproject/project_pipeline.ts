/** Entry points of an MLflow project as the steps of a pipeline, which talk by files in the project's folder. */
import type { WordPart } from "../core/command.ts";
import type { EnvironmentSpec } from "../core/environment.ts";
import { type Result, succeed } from "../core/error.ts";
import type { ProjectEntryPoint } from "../core/mlproject.ts";
import type { ParameterSpec } from "../core/parameter.ts";
import { noLimits, noPermissions } from "../core/permissions.ts";
import type { Argument, PipelineDefinition, Source, StepDefinition, StepUse } from "../core/pipeline.ts";
import { workingCopyInput, workingCopyOutputs } from "../core/working_copy.ts";
import { commandParts, quoteWord, type Values } from "./fill_command.ts";
import { ancestorsOf } from "./project_closure.ts";

/** An entry point with its arguments. */
export interface ProjectStep {
  readonly entryPoint: ProjectEntryPoint;
  /** Of what it names; a path below the project's folder is relative to it, another is absolute. */
  readonly values: Values;
  /** What it does not name. */
  readonly extra: Values;
}

export interface ProjectPipelineOptions {
  readonly name: string;
  /** The `file://` URL of the MLproject, or of where one would be. */
  readonly module: string;
  readonly environment: EnvironmentSpec;
  /** Whether steps reach the network. */
  readonly net: boolean;
  readonly cache: boolean;
  /** What of the project's folder the steps do not find, relative to it. */
  readonly except: readonly string[];
}

export interface ProjectPipeline {
  readonly definition: PipelineDefinition;
  /** By full name, as MLflow logs them: each as a word of a shell. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * `steps` are in an order in which each comes after those that it depends on; the last is the asked one, whose parameters
 * have their own names, those of others `step.name`. Fails with COMMAND_SYNTAX.
 */
export function projectPipeline(
  steps: readonly ProjectStep[],
  options: ProjectPipelineOptions,
): Result<ProjectPipeline> {
  const closure = steps.map(({ entryPoint }) => entryPoint);
  const asked = closure.at(-1)!;
  const parameters = new Map<string, string>();
  const specs = new Map<string, ParameterSpec>();
  const uses: StepUse[] = [];
  for (const step of steps) {
    const lowered = lowerStep(step, options);
    if (!lowered.ok) return lowered;
    const { definition, values } = lowered.value;
    const { entryPoint: { name, place } } = step;
    const names = Object.entries(values).map(([parameter, value]) => {
      const fullName = step.entryPoint === asked ? parameter : `${name}.${parameter}`;
      parameters.set(fullName, value);
      specs.set(fullName, definition.parameters[parameter]!);
      return [parameter, { is: "parameter", name: fullName }] satisfies [string, Argument];
    });
    const sources = ancestorsOf(step.entryPoint, closure).flatMap((before) =>
      Object.keys(workingCopyOutputs).map((output): Source => ({ is: "output", step: before.name, output }))
    );
    uses.push({
      ...{ name, definition, place, arguments: Object.fromEntries(names), after: [], conditions: [] },
      inputs: sources.length === 0 ? {} : { [workingCopyInput]: { is: "many", sources } },
    });
  }
  const { name, module } = options;
  const definition: PipelineDefinition = {
    ...{ name, module, place: { file: module }, steps: uses, results: {} },
    parameters: Object.fromEntries(specs),
  };
  return succeed({ definition, parameters: Object.fromEntries(parameters) });
}

interface Lowered {
  readonly definition: StepDefinition;
  readonly values: Readonly<Record<string, string>>;
}

function lowerStep(step: ProjectStep, options: ProjectPipelineOptions): Result<Lowered> {
  const { entryPoint, values, extra } = step;
  const { environment, module, net, cache, except } = options;
  const isPath = (name: string) => {
    const value = values.get(name);
    const type = entryPoint.parameters.find((parameter) => parameter.name === name)?.type;
    return type === "path" && value !== undefined && value.startsWith("/");
  };
  // A path is known by what lies there: as a hole it does not count as text, which it must where it has to be quoted.
  const isKept = (name: string) => !isPath(name) || quoteWord(values.get(name)!) === values.get(name);
  const parts = commandParts(entryPoint, values, extra, isKept);
  if (!parts.ok) return parts;
  const text = (word: string): WordPart => ({ is: "text", text: word });
  const words = [[text("bash")], [text("-c")], parts.value];
  const given = [
    ...[...values].map(([name, value]) => [name, isPath(name) ? value : quoteWord(value)] as const),
    ...[...extra].map(([name, value]) => [quoteWord(name), quoteWord(value)] as const),
  ];
  return succeed({
    definition: {
      name: entryPoint.name,
      module,
      place: entryPoint.place,
      environment,
      parameters: Object.fromEntries(
        given.map(([name]) => [name, { type: isPath(name) ? "path" : "string" } satisfies ParameterSpec]),
      ),
      inputs: inputsOf(entryPoint),
      outputs: workingCopyOutputs,
      metrics: [],
      body: {
        is: "command",
        command: { words: words.map((wordParts) => ({ is: "word", parts: wordParts })) },
      },
      permissions: { ...noPermissions, net },
      limits: noLimits,
      cache,
      workingCopy: { except },
    },
    values: Object.fromEntries(given),
  });
}

function inputsOf({ needs }: ProjectEntryPoint): StepDefinition["inputs"] {
  return needs.length === 0 ? {} : { [workingCopyInput]: { kind: { kind: "file" }, takes: "many" } };
}
