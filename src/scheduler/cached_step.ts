/** A step whose result is kept: its nested run, and its outputs where the steps after it find them. */
import { basename, join } from "node:path";
import type { Digest } from "../core/digest.ts";
import type { ProducedOutput, StepReport } from "../core/event.ts";
import { isAtLeast } from "../core/sandbox_tier.ts";
import type { PlannedStep } from "../core/plan.ts";
import type { Cache } from "../core/ports.ts";
import { type Before, type KeyParts, keyParts } from "../core/step_key.ts";
import { keyOfStep } from "../core/step_key_text.ts";
import { type KeptPoint, pathsOf, type StepResult } from "../core/step_result.ts";
import { type Metric, type RunInfo, TrackingError } from "../core/tracking.ts";
import { sendOutput } from "./collect_outputs.ts";
import type { RunContext } from "./execute_step.ts";
import { declaredFirst, loggedParameters, stepTags } from "./run_record.ts";
import type { Services } from "./services.ts";
import type { Reports, StepInputs } from "./step_inputs.ts";

/** The key of a step whose inputs are there, with what it is made of: few ask for that. */
export interface ResolvedKey {
  readonly key: Digest;
  readonly parts: () => KeyParts;
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
  const before = byContent(reports);
  return { key: keyOfStep(step, before), parts: () => keyParts(step, before) };
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
export function findUsable(step: PlannedStep, key: Digest, cache: Cache) {
  const result = cache.find(key);
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
  const metrics = result.metrics.map(pointOf);
  await tracker.logBatch(run.id, {
    parameters: mergeParameters(loggedParameters(inputs.parameters), result.parameters),
    metrics: result.history === undefined ? metrics : result.history.map(pointOf),
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

const pointOf = ({ value, ...point }: KeptPoint): Metric => ({ ...point, value: Number(value) });

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
  if (local !== undefined) {
    await artifacts.secure(run.artifactUri, pathsOf(result.outputs));
    return folder;
  }
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
