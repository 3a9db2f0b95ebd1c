/** Runs one step to its end, or takes what is kept of it: its nested run, its key, what it produced. */
import { join } from "node:path";
import type { Digest } from "../core/digest.ts";
import type { ReadyEnvironment } from "../core/environment.ts";
import { type Failure, SluiceError } from "../core/error.ts";
import type { StepOutcome, StepReport } from "../core/event.ts";
import { makeFolder } from "../core/file_tree.ts";
import { inside } from "../core/place.ts";
import type { Plan, PlannedStep } from "../core/plan.ts";
import type { Cache } from "../core/ports.ts";
import { removeTree } from "../core/remove_tree.ts";
import { isDiskFull } from "../core/system_error.ts";
import { type Run, type RunInfo, TrackingError } from "../core/tracking.ts";
import { type DueStep, findUsable, resolveKey, takeKept } from "./cached_step.ts";
import { type Attempted, attemptStep } from "./attempt_step.ts";
import { keepResult, recordKey } from "./keep_result.ts";
import { declaredFirst, loggedParameters, mlflowStatus, type RunOrigin, stepTags } from "./run_record.ts";
import type { Services } from "./services.ts";
import { gatherInputs, type Reports, type StepInputs } from "./step_inputs.ts";

/** What all steps of one run share. */
export interface RunContext {
  readonly services: Services;
  readonly experimentId: string;
  readonly parentRunId: string;
  readonly pipeline: string;
  readonly sources: Plan["sources"];
  readonly origin: RunOrigin;
  /** Take results that were kept before. */
  readonly useCache: boolean;
  /** The folder below which each step under way has one of its own. */
  readonly workspace: string;
  /** Aborted when the whole run is to stop. */
  readonly signal: AbortSignal;
  readonly prepareEnvironment: (step: PlannedStep) => Promise<ReadyEnvironment>;
}

/** Never throws for what a step, its environment or its outputs do; the report says it. */
export async function executeStep(
  step: PlannedStep,
  reports: Reports,
  context: RunContext,
): Promise<StepReport> {
  const { services } = context;
  const gathered = gatherInputs(step, reports, (location) => locateModel(services, location));
  if (!gathered.ok) return await recordFailure(step, gathered.failure, context);
  try {
    const due: DueStep = { step, inputs: gathered.value, resolved: resolveKey(step, reports), reports };
    return step.cache
      ? await takeOrRun(due, await services.openCache(), context)
      : await runNow(due, context);
  } catch (error) {
    return await recordFailure(step, asFailure(error, step), context);
  }
}

/** Whoever comes second waits for the first, and takes what that one made. */
async function takeOrRun(due: DueStep, cache: Cache, context: RunContext): Promise<StepReport> {
  const { step, resolved } = due;
  const take = async () => {
    const result = context.useCache ? findUsable(step, resolved.key, cache) : undefined;
    return result === undefined ? undefined : await takeKept(due, result, cache, context);
  };
  const before = await take();
  if (before !== undefined) return before;
  const lease = await cache.lease(resolved.key, {
    signal: context.signal,
    onWait: () =>
      context.services.emit({ is: "step-waiting", at: context.services.clock(), step: step.name }),
  });
  try {
    return await take() ?? await runNow(due, context);
  } finally {
    lease.release();
  }
}

async function runNow(due: DueStep, context: RunContext): Promise<StepReport> {
  const { step, inputs, resolved } = due;
  const { services } = context;
  // First, so that the step's own time begins with it.
  const environment = await context.prepareEnvironment(step);
  const startedAt = services.clock();
  const run = await createRun(step, resolved.key, startedAt, context);
  const folder = join(context.workspace, run.id);
  let ended: Attempted;
  try {
    await services.tracker.logBatch(run.id, { parameters: loggedParameters(inputs.parameters) });
    const recorded = step.cache ? recordKey(due, context) : undefined;
    // It is awaited below; until then its failure is nobody's surprise.
    recorded?.catch(() => {});
    const log = openLog(services, run, folder);
    ended = await attemptStep({ step, run, inputs, folder, log, environment }, context);
    await recorded;
  } catch (error) {
    ended = {
      outcome: { is: "failed", failure: asFailure(error, step), lastLines: [] },
      outputs: {},
      kept: {},
    };
  }
  const open = { step, run, startedAt, parameters: inputs.parameters, key: resolved.key };
  const { report, logged } = await reportEnd(open, ended, context);
  try {
    if (report.outcome.is === "finished" && step.cache) {
      await keepResult(due, {
        ...{ run, logged, report, outputs: ended.kept, processEndedAt: ended.processEndedAt! },
        folder: services.tracker.artifacts.localFolder(run.artifactUri) ?? ended.folder!,
      }, context);
    }
  } finally {
    // Last: a step whose run has finished is not run again, whatever becomes of this process.
    await closeRun(report, context);
  }
  await leaveFolder(services, run, folder);
  return report;
}

const createRun = (
  step: PlannedStep,
  key: Digest | undefined,
  startedAt: number,
  context: RunContext,
): Promise<RunInfo> =>
  context.services.tracker.createRun({
    experimentId: context.experimentId,
    name: step.name,
    user: context.origin.user,
    startedAt,
    tags: stepTags(step, context, { is: "executed", key, sandbox: step.sandbox }),
  });

/** A step that could not even be tried is recorded all the same. */
async function recordFailure(step: PlannedStep, failure: Failure, context: RunContext): Promise<StepReport> {
  const startedAt = context.services.clock();
  const run = await createRun(step, undefined, startedAt, context);
  const ended = { outcome: { is: "failed" as const, failure, lastLines: [] }, outputs: {}, kept: {} };
  const open = { step, run, startedAt, parameters: {}, key: undefined };
  const { report } = await reportEnd(open, ended, context);
  await closeRun(report, context);
  return report;
}

/** The log lies among the run's artifacts from the start where they are on this machine; else it is sent at the end. */
function openLog(services: Services, run: RunInfo, folder: string): string {
  const local = services.tracker.artifacts.localFolder(run.artifactUri);
  const logs = local === undefined ? folder : join(local, "logs");
  makeFolder(logs);
  return join(logs, "output.log");
}

/** Where artifacts are elsewhere, the outputs stay for the steps that need them, and the log is sent. */
async function leaveFolder(services: Services, run: RunInfo, folder: string): Promise<void> {
  const { artifacts } = services.tracker;
  if (artifacts.localFolder(run.artifactUri) !== undefined) {
    await removeTree(folder).catch(() => {});
    return;
  }
  const log = await Deno.open(join(folder, "output.log")).catch(() => undefined);
  if (log === undefined) return;
  await artifacts.write(run.artifactUri, "logs/output.log", log.readable).catch((error) => {
    // The step has ended as it has; who reads its log is told.
    const why = error instanceof Error ? error.message : String(error);
    services.emit({
      is: "warning",
      at: services.clock(),
      message: `The log of run ${run.id} is not sent to the tracker: ${why}`,
    });
  });
}

/** A nested run that has not ended. */
interface OpenRun {
  readonly step: PlannedStep;
  readonly run: RunInfo;
  readonly startedAt: number;
  readonly parameters: StepInputs["parameters"];
  /** Undefined where its inputs could not be had. */
  readonly key: Digest | undefined;
}

/** How the step ended, with all that its run logged. */
async function reportEnd(
  { step, run, startedAt, parameters, key }: OpenRun,
  ended: Attempted,
  { services, signal }: RunContext,
): Promise<{ readonly report: StepReport; readonly logged: Run }> {
  const outcome: StepOutcome = ended.outcome.is === "failed" && signal.aborted
    ? { is: "killed" }
    : ended.outcome;
  const endedAt = services.clock();
  const logged = await services.tracker.getRun(run.id);
  const report: StepReport = {
    step: step.name,
    runId: run.id,
    outcome,
    startedAt,
    endedAt,
    parameters,
    metrics: declaredFirst(step, logged.metrics),
    outputs: ended.outputs,
    sandbox: step.sandbox,
    ...(key === undefined ? {} : { key }),
  };
  return { report, logged };
}

async function closeRun({ runId, outcome, endedAt }: StepReport, { services }: RunContext): Promise<void> {
  const status = outcome.is === "finished" ? "finished" : outcome.is === "killed" ? "killed" : "failed";
  await services.tracker.updateRun(runId, { status: mlflowStatus(status), endedAt });
}

/** Whatever else is thrown is a bug and goes on. */
function asFailure(error: unknown, step: PlannedStep): Failure {
  if (error instanceof SluiceError) {
    return { at: inside(step.place, `step "${step.name}"`), ...error.failure };
  }
  if (error instanceof TrackingError) {
    return {
      code: "TRACKER_REFUSED",
      message: `Cannot record step "${step.name}" as the tracker refuses: ${error.message}`,
      at: inside(step.place, `step "${step.name}"`),
    };
  }
  if (error instanceof DOMException && error.name === "AbortError") {
    return { code: "RUN_INTERRUPTED", message: `Step "${step.name}" was stopped` };
  }
  if (isDiskFull(error)) {
    return {
      code: "DISK_FULL",
      message: `Cannot finish step "${step.name}" as a disk is full: ${error.message}`,
      at: inside(step.place, `step "${step.name}"`),
      hint: "Make room and start again: steps that finished are not run again",
    };
  }
  throw error;
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
