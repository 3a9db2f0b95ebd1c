/** Runs one step to its end, or takes what is kept of it: its nested run, its key, what it produced. */
import type { Digest } from "../core/digest.ts";
import { type Failure, SluiceError } from "../core/error.ts";
import type { StepReport } from "../core/event.ts";
import { makeFolder } from "../core/file_tree.ts";
import { inside } from "../core/place.ts";
import type { PlannedStep } from "../core/plan.ts";
import type { Cache } from "../core/ports/cache.ts";
import { machineFailure } from "../core/system_error.ts";
import { type RunInfo, TrackingError } from "../core/tracking.ts";
import { type Attempted, attemptStep } from "./attempt_step.ts";
import { type DueStep, findDue, findUsable, takeFromStore, takeInPlace } from "./cached_step.ts";
import { keepOutputs, recordKey } from "./keep_result.ts";
import type { RunContext } from "./run_context.ts";
import { declaredFirst, executedStepTags, loggedParameters, mlflowStatus } from "./run_record.ts";
import { openLog, sendLog } from "./run_log.ts";
import type { StepEnd } from "./step_end.ts";
import { leaveStepFolder, stepFolder } from "./step_folder.ts";
import type { Reports, StepInputs } from "./step_inputs.ts";

/** Never throws for what a step, its environment or its outputs do; the report says it. */
export async function executeStep(
  step: PlannedStep,
  reports: Reports,
  context: RunContext,
): Promise<StepEnd> {
  const due = findDue(step, reports, context.services);
  if (!due.ok) return await recordFailure(step, due.failure, context);
  try {
    return step.cache && context.cache !== undefined
      ? await takeOrRun(due.value, context.cache, context)
      : await runNow(due.value, context);
  } catch (error) {
    return await recordFailure(step, asFailure(error, step), context);
  }
}

/** Whoever comes second waits for the first, and takes what that one made. */
async function takeOrRun(due: DueStep, cache: Cache, context: RunContext): Promise<StepEnd> {
  const { step, resolved } = due;
  const take = async () => {
    const result = context.useCache ? findUsable(step, resolved.key, cache) : undefined;
    if (result === undefined) return undefined;
    return await takeInPlace(step, due.reports, context) ?? await takeFromStore(due, result, cache, context);
  };
  const before = await take();
  if (before !== undefined) return before;
  const lease = await cache.lease(resolved.key, {
    signal: context.signal,
    onWait: () =>
      context.services.emit({ is: "step-waiting", at: context.services.clock(), step: step.name }),
  });
  try {
    const end = await take() ?? await runNow(due, context);
    // Until it is kept nobody could take it.
    (end.closed ?? Promise.resolve()).finally(() => lease.release()).catch(() => {});
    return end;
  } catch (error) {
    lease.release();
    throw error;
  }
}

async function runNow(due: DueStep, context: RunContext): Promise<StepEnd> {
  const { step, inputs, resolved } = due;
  const { services } = context;
  // First, so that the step's own time begins with it.
  const environment = await context.prepareEnvironment(step);
  const open = await beginRun(step, resolved.key, inputs.parameters, context);
  const { run } = open;
  const folder = stepFolder(context.workspace, run);
  const keyRecorded = step.cache ? recordKey(due, context) : undefined;
  let ended: Attempted;
  try {
    makeFolder(folder);
    const log = openLog(services, run, folder);
    ended = await attemptStep({ step, run, inputs, folder, log, environment }, context);
    await shareOutputs(step, run, ended, context);
  } catch (error) {
    ended = failedAttempt(asFailure(error, step));
  }
  const report = reportOf(open, ended, context);
  const closing = securing().then(() => report, (error) => withFailure(report, asFailure(error, step)))
    .then((final) => ({ final, recorded: endRun(open, final, context) }));
  return {
    report,
    closed: closing.then(({ final }) => final),
    recorded: closing.then(async ({ recorded }) => {
      const final = await recorded;
      await leaveStepFolder(services, run, folder);
      return final;
    }),
  };

  async function securing(): Promise<void> {
    await keyRecorded;
    if (report.outcome.is === "finished") await keepOutputs(due, { run, report, ended }, context);
    await sendLog(services, run, folder);
  }
}

/** Before any step uses them: from then on they stay the files that they are. */
async function shareOutputs(
  step: PlannedStep,
  run: RunInfo,
  { kept }: Attempted,
  { cache, services }: RunContext,
): Promise<void> {
  const folder = services.tracker.artifacts.localFolder(run.artifactUri);
  if (cache === undefined || !step.cache || folder === undefined) return;
  await cache.share(kept, folder);
}

/** What a disk refuses after the step has ended makes it a failed one. */
const withFailure = (report: StepReport, failure: Failure): StepReport => ({
  ...report,
  outcome: { is: "failed", failure, lastLines: [] },
});

const failedAttempt = (failure: Failure): Attempted => ({
  outcome: { is: "failed", failure, lastLines: [] },
  outputs: {},
  kept: {},
});

/** A nested run that has not ended. */
interface OpenRun {
  readonly step: PlannedStep;
  readonly run: RunInfo;
  /** Settles when the run is on disk. */
  readonly begun: Promise<void>;
  readonly startedAt: number;
  readonly parameters: StepInputs["parameters"];
  /** Undefined where its inputs could not be had. */
  readonly key: Digest | undefined;
}

async function beginRun(
  step: PlannedStep,
  key: Digest | undefined,
  parameters: StepInputs["parameters"],
  context: RunContext,
): Promise<OpenRun> {
  const startedAt = context.services.clock();
  const { run, recorded: begun } = await context.services.tracker.beginRun({
    experimentId: context.experimentId,
    name: step.name,
    user: context.origin.user,
    startedAt,
    tags: executedStepTags(step, context, key),
  }, loggedParameters(parameters));
  // It is awaited with the run's end; until then its failure is nobody's surprise.
  begun.catch(() => {});
  return { step, run, begun, startedAt, parameters, key };
}

/** A step that could not even be tried is recorded all the same. */
async function recordFailure(step: PlannedStep, failure: Failure, context: RunContext): Promise<StepEnd> {
  const open = await beginRun(step, undefined, {}, context);
  const report = reportOf(open, failedAttempt(failure), context);
  return { report, closed: undefined, recorded: endRun(open, report, context) };
}

function reportOf(
  { step, run, startedAt, parameters, key }: OpenRun,
  ended: Attempted,
  { services, signal }: RunContext,
): StepReport {
  const isKilled = ended.outcome.is === "failed" && signal.aborted;
  return {
    step: step.name,
    runId: run.id,
    outcome: isKilled ? { is: "killed" } : ended.outcome,
    startedAt,
    endedAt: services.clock(),
    parameters,
    metrics: declaredFirst(step, ended.logged?.metrics ?? []),
    outputs: ended.outputs,
    sandbox: step.sandbox,
    ...(key === undefined ? {} : { key }),
  };
}

/** Asks at once; settles when it is on disk. */
async function endRun({ run, begun }: OpenRun, report: StepReport, context: RunContext): Promise<StepReport> {
  const { outcome: { is }, endedAt } = report;
  const status = is === "finished" || is === "killed" ? is : "failed";
  await Promise.all([
    begun,
    context.services.tracker.endRun(run.id, { status: mlflowStatus(status), endedAt }),
  ]);
  return report;
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
  const failure = machineFailure(error, `Cannot finish step "${step.name}"`);
  if (failure !== undefined) return { ...failure, at: inside(step.place, `step "${step.name}"`) };
  throw error;
}
