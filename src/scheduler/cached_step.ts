/** A step whose result is kept: its nested run, and its outputs where the steps after it find them. */
import { basename, join } from "node:path";
import type { Digest } from "../core/digest.ts";
import { SluiceError } from "../core/error.ts";
import type { ProducedOutput, StepReport } from "../core/event.ts";
import { isAtLeast } from "../core/sandbox_tier.ts";
import type { PlannedStep } from "../core/plan.ts";
import type { Cache } from "../core/ports.ts";
import { type Before, keyOf, type KeyParts, keyParts } from "../core/step_key.ts";
import { resultVersion, type StepResult } from "../core/step_result.ts";
import { isSystemError } from "../core/system_error.ts";
import { type RunInfo, TrackingError } from "../core/tracking.ts";
import { findChangedInput } from "./changed_input.ts";
import { sendOutput } from "./collect_outputs.ts";
import type { RunContext } from "./execute_step.ts";
import { loggedParameters, stepTags } from "./run_record.ts";
import type { Services } from "./services.ts";
import type { Reports, StepInputs } from "./step_inputs.ts";

/** The key of a step whose inputs are there, with what it is made of. */
export interface ResolvedKey {
  readonly key: Digest;
  readonly parts: KeyParts;
}

/** A step whose turn has come: what it is given, and the key that follows from it. */
export interface DueStep {
  readonly step: PlannedStep;
  readonly inputs: StepInputs;
  readonly resolved: ResolvedKey;
  /** Of the steps before it. */
  readonly reports: Reports;
}

export function resolveKey(step: PlannedStep, reports: Reports): ResolvedKey {
  const parts = keyParts(step, byContent(reports));
  return { key: keyOf(parts), parts };
}

function byContent(reports: Reports): Before {
  return {
    output(step, output) {
      const { digest, path } = reports.get(step)!.outputs[output]!;
      return { content: digest, name: basename(path) };
    },
    metric: (step, metric) => ({ value: reports.get(step)!.metrics[metric]! }),
  };
}

/** What is kept of the step; undefined when nothing is, or it was made with less to hold it than is wanted now. */
export async function findUsable(step: PlannedStep, key: Digest, cache: Cache) {
  const result = await cache.find(key);
  return result !== undefined && isAtLeast(result.sandbox, step.sandbox) ? result : undefined;
}

/** The report of a step that is not run again; undefined when what is kept turns out to be damaged or gone. */
export async function takeKept(
  { step, inputs }: DueStep,
  result: StepResult,
  cache: Cache,
  context: RunContext,
): Promise<StepReport | undefined> {
  const { services } = context;
  const { tracker } = services;
  const startedAt = services.clock();
  const before = await findInPlace(result, cache, services);
  const run = await tracker.createRun({
    experimentId: context.experimentId,
    name: step.name,
    user: context.origin.user,
    startedAt,
    tags: stepTags(step, context, { is: "cached", result }),
    ...(before === undefined ? {} : { artifactUri: result.madeBy.artifactUri }),
  });
  const folder = before ?? await restore(result, run, cache, context).catch(async (error) => {
    // The step is tried no further, and nobody else would end this run.
    await tracker.updateRun(run.id, { status: "FAILED", endedAt: services.clock() });
    throw error;
  });
  if (folder === undefined) {
    await tracker.updateRun(run.id, { status: "KILLED", endedAt: services.clock() });
    await tracker.logBatch(run.id, { tags: [{ key: "sluice.cache", value: "damaged" }] });
    return undefined;
  }
  const metrics = result.metrics.map(({ value, ...point }) => ({ ...point, value: Number(value) }));
  await tracker.logBatch(run.id, {
    parameters: mergeParameters(loggedParameters(inputs.parameters), result.parameters),
    metrics,
    tags: result.tags,
  });
  await logModels(result, run, services);
  const endedAt = services.clock();
  await tracker.updateRun(run.id, { status: "FINISHED", endedAt });
  return {
    step: step.name,
    runId: run.id,
    outcome: { is: "cached", runId: result.madeBy.runId },
    startedAt,
    endedAt,
    parameters: inputs.parameters,
    metrics: declaredFirst(step, metrics),
    outputs: placeOutputs(result, folder),
    sandbox: result.sandbox,
    key: result.key,
  };
}

/** The folder where the outputs still lie as the run left them that made them; in the same tracker only. */
async function findInPlace(
  result: StepResult,
  cache: Cache,
  { tracker }: Services,
): Promise<string | undefined> {
  if (result.madeBy.tracker !== tracker.uri) return undefined;
  const folder = tracker.artifacts.localFolder(result.madeBy.artifactUri);
  return folder !== undefined && await cache.isIntact(result, folder) ? folder : undefined;
}

/** Into the run's own artifacts; where these are elsewhere, into the workspace, and sent from there. */
async function restore(
  result: StepResult,
  run: RunInfo,
  cache: Cache,
  { services, workspace }: RunContext,
): Promise<string | undefined> {
  const { artifacts } = services.tracker;
  const local = artifacts.localFolder(run.artifactUri);
  const folder = local ?? join(workspace, run.id, "outputs");
  await Deno.mkdir(folder, { recursive: true });
  if (!await cache.restore(result, folder)) return undefined;
  if (local !== undefined) return folder;
  for (const { file } of Object.values(result.outputs)) {
    await sendOutput(join(folder, file), file, artifacts, run.artifactUri);
  }
  return folder;
}

function placeOutputs(result: StepResult, folder: string): Record<string, ProducedOutput> {
  return Object.fromEntries(
    Object.entries(result.outputs).map(([name, { file, digest, sizeBytes }]) =>
      [name, { path: join(folder, file), digest, sizeBytes }] as const
    ),
  );
}

/** The run lists the models of the run that made them, where this tracker has them. */
async function logModels(result: StepResult, run: RunInfo, { tracker }: Services): Promise<void> {
  if (result.models.length === 0 || result.madeBy.tracker !== tracker.uri) return;
  try {
    for (const { modelId } of result.models) await tracker.getLoggedModel(modelId);
    await tracker.logOutputs(run.id, result.models);
  } catch (error) {
    if (!(error instanceof TrackingError)) throw error;
  }
}

type Logged = StepResult["parameters"];

/** What this run was given counts before what the step once logged under the same name. */
const mergeParameters = (given: Logged, logged: Logged): Logged => [
  ...given,
  ...logged.filter(({ key }) => given.every((parameter) => parameter.key !== key)),
];

/** The metrics a step declares, in its order, then what else it logged. */
export function declaredFirst(
  step: PlannedStep,
  metrics: readonly { readonly key: string; readonly value: number }[],
): Record<string, number> {
  const values = new Map(metrics.map(({ key, value }) => [key, value]));
  const declared = step.metrics.filter((name) => values.has(name));
  return Object.fromEntries(
    [...declared, ...values.keys()].map((name) => [name, values.get(name)!]),
  );
}

/** A step that was executed and has finished. */
export interface Finished {
  readonly run: RunInfo;
  readonly report: StepReport;
  readonly outputs: StepResult["outputs"];
  /** Where they lie. */
  readonly folder: string;
  /** When every process of it was dead. */
  readonly processEndedAt: number;
}

/**
 * Keeps what a finished step made. A step whose files changed while it ran is not kept, and the warning says which:
 * nobody knows what it has read. What the cache refuses is a warning, too: the step has what it needs.
 */
export async function keepResult(
  { step, resolved, reports }: DueStep,
  { run, report, outputs, folder, processEndedAt }: Finished,
  { services }: RunContext,
): Promise<void> {
  const warn = (why: string) =>
    services.emit({
      is: "warning",
      at: services.clock(),
      step: step.name,
      message: `The result of step "${step.name}" is not kept as ${why}`,
    });
  const changed = services.files.findChange(step);
  if (changed !== undefined) return warn(`\`${changed}\` changed while it ran`);
  const { tracker } = services;
  const logged = await tracker.getRun(run.id);
  const cache = await services.openCache();
  const changedInput = await findChangedInput(step, reports, cache);
  if (changedInput !== undefined) return warn(`its input \`${changedInput}\` changed since it was made`);
  const result: StepResult = {
    version: resultVersion,
    key: resolved.key,
    sandbox: report.sandbox!,
    outputs,
    metrics: logged.metrics.filter((metric) => metric.modelId === undefined).map((metric) => ({
      key: metric.key,
      value: String(metric.value),
      step: metric.step,
      timestamp: metric.timestamp,
    })),
    parameters: logged.parameters.filter(({ key }) => !(key in report.parameters)),
    tags: logged.tags.filter(({ key }) => !/^(mlflow|sluice)\./.test(key)),
    models: logged.modelOutputs,
    madeBy: {
      tracker: tracker.uri,
      runId: run.id,
      artifactUri: run.artifactUri,
      startedAt: report.startedAt,
      endedAt: processEndedAt,
    },
  };
  try {
    await cache.keep(result, folder);
  } catch (error) {
    warn(`the cache refuses: ${refusalOf(error)}`);
  }
}

/** What the cache, or the system below it, cannot do, such as on a disk that is full. Whatever else is thrown goes on. */
function refusalOf(error: unknown): string {
  if (error instanceof SluiceError) return error.failure.message;
  if (isSystemError(error)) return error.message;
  throw error;
}

/** Records what the key stands for, so that a later run can be told from this one; without it only `why` knows less. */
export async function recordKey(
  { step, resolved: { key, parts } }: DueStep,
  { services, sources }: RunContext,
): Promise<void> {
  try {
    const [cache, environment, texts] = await Promise.all([
      services.openCache(),
      services.environments.contents(step.environment),
      services.files.texts(step),
    ]);
    await cache.record(key, {
      version: resultVersion,
      parts,
      sources: sources[step.sources] ?? {},
      ...(environment === undefined ? {} : { environment }),
    }, texts);
  } catch (error) {
    services.emit({
      is: "warning",
      at: services.clock(),
      step: step.name,
      message: `The key of step "${step.name}" is not recorded as the cache refuses: ${refusalOf(error)}`,
    });
  }
}
