/** A step whose result is kept: its nested run, and its outputs where the steps after it find them. */
import { basename, join } from "node:path";
import type { Digest } from "../core/digest.ts";
import { fail, type Result, SluiceError, succeed } from "../core/error.ts";
import type { ProducedOutput, StepReport } from "../core/event.ts";
import { makeFolder } from "../core/file_tree.ts";
import { inside } from "../core/place.ts";
import type { PlannedStep } from "../core/plan.ts";
import type { Cache } from "../core/ports/cache.ts";
import { isAtLeast } from "../core/sandbox_tier.ts";
import { type Before, type KeyParts, keyParts } from "../core/step_key.ts";
import { keyOfStep } from "../core/step_key_text.ts";
import { type KeptPoint, pathsOf, type StepResult } from "../core/step_result.ts";
import type { Metric, NewRun, RunEnd, RunInfo } from "../core/tracking.ts";
import { sendOutput } from "./collect_outputs.ts";
import type { RunContext } from "./run_context.ts";
import { cachedStepTags, declaredFirst, loggedParameters } from "./run_record.ts";
import type { Services } from "./services.ts";
import type { StepEnd } from "./step_end.ts";
import { leaveStepFolder, stepFolder } from "./step_folder.ts";
import { gatherInputs, type Reports, type StepInputs } from "./step_inputs.ts";

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

/** What the step is given, with its key. Fails as `gatherInputs` does, and with MODEL_NOT_FOUND. */
export function findDue(step: PlannedStep, reports: Reports, services: Services): Result<DueStep> {
  try {
    const inputs = gatherInputs(step, reports, (location) => locateModel(services, location));
    if (!inputs.ok) return inputs;
    return succeed({ step, inputs: inputs.value, resolved: resolveKey(step, reports), reports });
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return fail({ at: inside(step.place, `step "${step.name}"`), ...error.failure });
  }
}

function locateModel(services: Services, location: string): string {
  const folder = services.tracker.artifacts.localFolder(location);
  if (folder !== undefined) return folder;
  throw new SluiceError({
    code: "MODEL_NOT_FOUND",
    message: `Cannot use the model at \`${location}\` as its files are not on this machine`,
    hint: "Use a tracker whose artifacts lie on this machine",
  });
}

function resolveKey(step: PlannedStep, reports: Reports): ResolvedKey {
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
export function findUsable(step: PlannedStep, key: Digest, cache: Cache): StepResult | undefined {
  const result = cache.find(key);
  return result !== undefined && isAtLeast(result.sandbox, step.sandbox) ? result : undefined;
}

/**
 * The end of a step whose outputs still lie where the run left them that made them, in the same tracker; undefined for
 * every other. At once, where no file has to be read.
 */
export function takeInPlace(
  step: PlannedStep,
  reports: Reports,
  context: RunContext,
): StepEnd | undefined | Promise<StepEnd | undefined> {
  const { cache, services, useCache } = context;
  if (!step.cache || !useCache || cache === undefined) return undefined;
  const due = findDue(step, reports, services);
  if (!due.ok) return undefined;
  const result = findUsable(step, due.value.resolved.key, cache);
  const folder = result && folderInPlace(result, services);
  if (result === undefined || folder === undefined) return undefined;
  const isIntact = cache.isIntact(result, folder);
  if (isIntact === false) return undefined;
  const end = () => endInPlace(due.value, result, folder, context);
  // What cannot be looked at is met again, and told of, by whoever runs the step.
  return isIntact === true ? end() : isIntact.then((is) => is ? end() : undefined, () => undefined);
}

/** Where the outputs were left; in the same tracker only. */
function folderInPlace({ madeBy }: StepResult, { tracker }: Services): string | undefined {
  return madeBy.tracker === tracker.uri ? tracker.artifacts.localFolder(madeBy.artifactUri) : undefined;
}

function endInPlace(due: DueStep, result: StepResult, folder: string, context: RunContext): StepEnd {
  const startedAt = context.services.clock();
  const run = newCachedRun(due, result, startedAt, context);
  const end = cachedRunEnd(due, result, context);
  const report = cachedReport(due, result, "", folder, startedAt, end.endedAt);
  const { artifactUri } = result.madeBy;
  const recorded = context.cachedRuns.record({
    ...run,
    ...end,
    artifactUri,
    tags: [...run.tags, ...result.tags],
  });
  return { report, closed: undefined, recorded: recorded.then(({ id }) => ({ ...report, runId: id })) };
}

/** The end of a step whose outputs are made from the store; undefined when what is kept turns out to be damaged or gone. */
export async function takeFromStore(
  due: DueStep,
  result: StepResult,
  cache: Cache,
  context: RunContext,
): Promise<StepEnd | undefined> {
  const { tracker, clock } = context.services;
  const startedAt = clock();
  const { run, recorded: begun } = await tracker.beginRun(newCachedRun(due, result, startedAt, context), []);
  const ownFolder = stepFolder(context.workspace, run);
  const onDisk = async (ended: Promise<unknown>) => {
    await Promise.all([begun, ended]);
    await leaveStepFolder(context.services, run, ownFolder);
  };
  const endRun = (end: Pick<RunEnd, "status" | "tags">) =>
    onDisk(tracker.endRun(run.id, { ...end, endedAt: clock() }));
  const folder = await Promise.try(() => {
    makeFolder(ownFolder);
    return restore(result, run, cache, context);
  }).catch(async (error) => {
    // The step is tried no further, and nobody else would end this run.
    await endRun({ status: "FAILED" });
    throw error;
  });
  if (folder === undefined) {
    await endRun({ status: "KILLED", tags: [{ key: "sluice.cache", value: "damaged" }] });
    return undefined;
  }
  const end = cachedRunEnd(due, result, context);
  const report = cachedReport(due, result, run.id, folder, startedAt, end.endedAt);
  const ended = tracker.endRun(run.id, end);
  return {
    report,
    closed: undefined,
    recorded: onDisk(ended).then(() => report),
  };
}

const newCachedRun = (
  { step }: DueStep,
  result: StepResult,
  startedAt: number,
  context: RunContext,
): NewRun => ({
  experimentId: context.experimentId,
  name: step.name,
  user: context.origin.user,
  startedAt,
  tags: cachedStepTags(step, context, result),
});

function cachedRunEnd({ inputs }: DueStep, result: StepResult, { services }: RunContext): RunEnd {
  return {
    status: "FINISHED",
    endedAt: services.clock(),
    parameters: mergeParameters(loggedParameters(inputs.parameters), result.parameters),
    metrics: (result.history ?? result.metrics).map(pointOf),
    tags: result.tags,
    models: result.madeBy.tracker === services.tracker.uri ? result.models : [],
  };
}

function cachedReport(
  { step, inputs }: DueStep,
  result: StepResult,
  runId: string,
  folder: string,
  startedAt: number,
  endedAt: number,
): StepReport {
  return {
    step: step.name,
    runId,
    outcome: { is: "cached", runId: result.madeBy.runId },
    startedAt,
    endedAt,
    parameters: inputs.parameters,
    metrics: declaredFirst(step, result.metrics.map(pointOf)),
    outputs: placeOutputs(result, folder),
    sandbox: result.sandbox,
    key: result.key,
  };
}

const pointOf = ({ value, ...point }: KeptPoint): Metric => ({ ...point, value: Number(value) });

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
      [name, { path: `${folder}/${file}`, digest, sizeBytes }] as const
    ),
  );
}

type Logged = StepResult["parameters"];

/** What this run was given counts before what the step once logged under the same name. */
const mergeParameters = (given: Logged, logged: Logged): Logged => [
  ...given,
  ...logged.filter(({ key }) => given.every((parameter) => parameter.key !== key)),
];
