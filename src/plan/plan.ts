/** Decides what runs: a pipeline, a resolved request and what was observed, to a plan. Pure; no input or output. */
import type { Digest } from "../core/digest.ts";
import { digestSourceList, type SourceList } from "../core/sources.ts";
import { type Before, byReference } from "../core/step_key.ts";
import { keyOfStep } from "../core/step_key_text.ts";
import type { SandboxTier } from "../core/sandbox_tier.ts";
import type { EnvironmentObservation } from "../core/environment.ts";
import { neededSteps } from "../core/entry_point.ts";
import { fail, type Failure, placed, type Result, SluiceError, succeed } from "../core/error.ts";
import { inside, placeAs } from "../core/place.ts";
import {
  type Argument,
  type Binding,
  mainEntryPoint,
  type PipelineDefinition,
  type PipelineResult,
  type Source,
  type StepDefinition,
  type StepUse,
} from "../core/pipeline.ts";
import {
  type Granted,
  type Plan,
  type PlannedArgument,
  type PlannedBinding,
  type PlannedInput,
  type PlannedStep,
  planVersion,
} from "../core/plan.ts";
import {
  type Answer,
  filePath,
  givenQuestion,
  holdQuestion,
  type Observations,
  pathValue,
  pipelineModules,
  type Question,
  questionKey,
  type RegisteredAnswer,
  sourcesQuestion,
  stepFolder,
} from "./observation.ts";
import type { ResolvedRequest } from "./resolve_arguments.ts";

/**
 * The plan for a request; the same bytes, as canonical JSON, for the same pipeline, request and observations.
 *
 * Fails with the failure of an observation (such as GIVEN_FILE_MISSING), ENTRY_POINT_DISABLED when the entry point's
 * own condition is false, and WIRE_INVALID when a step needs one that is left out.
 */
export function plan(
  definition: PipelineDefinition,
  request: ResolvedRequest,
  observations: Observations,
): Result<Plan> {
  try {
    return succeed(buildPlan(definition, request, observations));
  } catch (error) {
    if (error instanceof SluiceError) return fail(error.failure);
    throw error;
  }
}

function buildPlan(
  definition: PipelineDefinition,
  request: ResolvedRequest,
  observations: Observations,
): Plan {
  const skipped = skippedSteps(request);
  const disabled = skipped.get(request.entryPoint);
  if (disabled !== undefined) {
    throw new SluiceError(entryPointDisabled(definition, request.entryPoint, disabled));
  }
  const keys = new Map<string, Digest>();
  const context: Context = {
    request,
    skipped,
    observations,
    modules: pipelineModules(definition),
    keys,
    before: byReference((name) => keys.get(name)!),
    shared: new Map(),
    sources: new Map(),
    given: new Map(),
  };
  const steps: PlannedStep[] = [];
  for (const use of request.reach.steps) if (!skipped.has(use.name)) steps.push(planStep(use, context));
  return {
    version: planVersion,
    pipeline: definition.name,
    module: definition.module,
    entryPoint: request.entryPoint,
    parameters: request.parameters,
    steps,
    sources: Object.fromEntries([...context.sources].map(([list, digest]) => [digest, list])),
    skipped: [...skipped].map(([step, because]) => ({ step, because })),
    results: request.entryPoint === mainEntryPoint ? definition.results : stepResults(request),
  };
}

interface Context {
  readonly request: ResolvedRequest;
  readonly skipped: ReadonlyMap<string, string>;
  readonly observations: Observations;
  readonly modules: readonly string[];
  /** Of the steps planned so far. */
  readonly keys: Map<string, Digest>;
  readonly before: Before;
  /** What all uses of a definition have in common. */
  readonly shared: Map<StepDefinition, Shared>;
  /** Lists of sources with their digests; steps of one folder share one. */
  readonly sources: Map<SourceList, Digest>;
  /** What no step makes, as it was found. */
  readonly given: Map<Source, PlannedInput>;
}

/** Steps whose condition is false, with that parameter's name. */
function skippedSteps(request: ResolvedRequest): ReadonlyMap<string, string> {
  const skipped = new Map<string, string>();
  for (const use of request.reach.steps) {
    if (use.conditions.length === 0) continue;
    const condition = use.conditions.find((name) => request.parameters[name] !== true);
    if (condition !== undefined) skipped.set(use.name, condition);
  }
  return skipped;
}

function planStep(use: StepUse, context: Context): PlannedStep {
  const shared = sharedOf(use, context);
  const needs = neededSteps(use);
  const step: Unplaced = {
    name: use.name,
    key: "",
    body: shared.body,
    folder: shared.folder,
    sources: shared.sources,
    environment: shared.environment,
    environmentState: shared.environmentState,
    arguments: planArguments(use, context),
    inputs: planInputs(use, context),
    outputs: shared.outputs,
    metrics: shared.metrics,
    permissions: shared.permissions,
    granted: shared.granted,
    parameters: shared.parameters,
    needs: (context.skipped.size === 0 ? needs : needs.filter((name) => !context.skipped.has(name))).sort(),
    limits: shared.limits,
    sandbox: shared.sandbox,
    cache: shared.cache,
    ...(shared.workingCopy === undefined ? {} : { workingCopy: shared.workingCopy }),
  };
  step.key = keyOfStep(step, context.before);
  context.keys.set(use.name, step.key);
  if (use.family !== undefined) step.family = use.family;
  return placeAs(step, use);
}

type Unplaced = Omit<PlannedStep, "key" | "family" | "place"> & { key: Digest; family?: string };
type Shared = Omit<PlannedStep, "name" | "key" | "arguments" | "inputs" | "needs" | "family" | "place">;

/** Fails with the failure of an observation, in the name of the first use. */
function sharedOf(use: StepUse, context: Context): Shared {
  const step = use.definition;
  const known = context.shared.get(step);
  if (known !== undefined) return known;
  const answer = (question: Question) => answerOf(context.observations, question, use);
  const shared: Shared = {
    body: step.body.is === "command" ? step.body : { is: "function", module: step.module, step: step.name },
    folder: stepFolder(step),
    sources: planSources(answer(sourcesQuestion(step, context.modules)) as SourceList, context),
    environment: step.environment,
    environmentState: answer({ is: "environment", spec: step.environment }) as EnvironmentObservation,
    outputs: step.outputs,
    metrics: step.metrics,
    permissions: step.permissions,
    granted: planGranted(step.permissions, answer),
    parameters: step.parameters,
    limits: step.limits,
    sandbox: answer(holdQuestion(step)) as SandboxTier,
    cache: isKept(step),
    ...(step.workingCopy === undefined ? {} : { workingCopy: true as const }),
  };
  context.shared.set(step, shared);
  return shared;
}

function planSources(list: SourceList, { sources }: Context): Digest {
  const digest = sources.get(list) ?? digestSourceList(list);
  sources.set(list, digest);
  return digest;
}

function planGranted(
  { read, env }: StepDefinition["permissions"],
  answer: (question: Question) => Answer,
): Granted {
  return {
    read: Object.fromEntries(read.map((path) => [path, answer({ is: "granted", path }) as Digest | null])),
    env: Object.fromEntries(env.map((name) => [name, answer({ is: "variable", name }) as Digest | null])),
  };
}

/** The host's programs are never the same twice, and what is written elsewhere does not come back from a cache. */
const isKept = (step: StepDefinition): boolean =>
  step.cache ?? (step.environment.kind !== "host" && step.permissions.write.length === 0);

function planArguments(use: StepUse, context: Context): Record<string, PlannedArgument> {
  const planned: Record<string, PlannedArgument> = {};
  for (const name in use.arguments) planned[name] = planArgument(use, name, use.arguments[name]!, context);
  return planned;
}

function planArgument(use: StepUse, name: string, argument: Argument, context: Context): PlannedArgument {
  if (argument.is === "metric") {
    requireIncluded(use, argument.step, context);
    return argument;
  }
  const path = pathValue(use.definition, name, argument, context.request);
  if (path !== undefined) {
    const question: Question = { is: "content", path, place: {} };
    return { is: "value", value: path, digest: answerOf(context.observations, question, use) as Digest };
  }
  return argument.is === "value"
    ? argument
    : { is: "value", value: context.request.parameters[argument.name]! };
}

function planInputs(use: StepUse, context: Context): Record<string, PlannedBinding> {
  const planned: Record<string, PlannedBinding> = {};
  for (const name in use.inputs) planned[name] = planBinding(use, name, use.inputs[name]!, context);
  return planned;
}

function planBinding(use: StepUse, name: string, binding: Binding, context: Context): PlannedBinding {
  switch (binding.is) {
    case "absent":
      return binding;
    case "one": {
      const { source } = binding;
      const isOptional = use.definition.inputs[name]?.takes === "optional";
      if (source.is === "output" && context.skipped.has(source.step) && isOptional) return { is: "absent" };
      return { is: "one", input: planInput(use, source, context) };
    }
    case "many":
      return { is: "many", inputs: binding.sources.map((source) => planInput(use, source, context)) };
  }
}

function planInput(use: StepUse, source: Source, context: Context): PlannedInput {
  if (source.is === "output") {
    requireIncluded(use, source.step, context);
    return source;
  }
  const known = context.given.get(source);
  if (known !== undefined) return known;
  const answer = answerOf(context.observations, givenQuestion(source, {}), use);
  const planned: PlannedInput = source.is === "file"
    ? { is: "file", path: filePath(source), digest: answer as Digest }
    : { is: "registered", uri: source.uri, ...answer as RegisteredAnswer };
  context.given.set(source, planned);
  return planned;
}

function requireIncluded(use: StepUse, step: string, context: Context): void {
  const because = context.skipped.get(step);
  if (because === undefined) return;
  throw new SluiceError({
    code: "WIRE_INVALID",
    message:
      `Cannot run step "${use.name}" as it needs step "${step}", which is left out while \`${because}\` is false`,
    at: inside(use.place, `step "${use.name}"`),
    hint: "Make the input `optional(…)`, or put the step inside the same `when`",
  });
}

function entryPointDisabled(definition: PipelineDefinition, entryPoint: string, because: string): Failure {
  return {
    code: "ENTRY_POINT_DISABLED",
    message: `Cannot run entry point \`${entryPoint}\` as \`${because}\` is false`,
    at: inside(definition.place, `step "${entryPoint}"`),
    hint: `Pass \`--${because}\``,
  };
}

function answerOf(observations: Observations, question: Question, use: StepUse): Answer {
  const answer = observations.get(questionKey(question));
  if (answer === undefined) throw new Error(`not observed: ${questionKey(question)}`);
  if (!answer.ok) throw placed(new SluiceError(answer.failure), inside(use.place, `step "${use.name}"`));
  return answer.value;
}

/** A step as entry point returns its outputs and metrics, by their names. */
function stepResults(request: ResolvedRequest): Record<string, PipelineResult> {
  const use = request.reach.steps.find((candidate) => candidate.name === request.entryPoint)!;
  const outputs = Object.keys(use.definition.outputs).map((output) =>
    [output, { is: "output", step: use.name, output }] as const
  );
  const metrics = use.definition.metrics.map((metric) =>
    [metric, { is: "metric", step: use.name, metric }] as const
  );
  return Object.fromEntries([...outputs, ...metrics]);
}
