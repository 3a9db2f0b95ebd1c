/** Executes a plan: starts what is ready, tells what happens, and records how it all ended. */
import { digestValue } from "../core/digest.ts";
import type { EnvironmentSpec, ReadyEnvironment } from "../core/environment.ts";
import {
  type Event,
  eventVersion,
  isDone,
  type RunStatus,
  type StepOutcome,
  type StepReport,
} from "../core/event.ts";
import type { Failure } from "../core/error.ts";
import type { Plan, PlannedStep } from "../core/plan.ts";
import { planBytes } from "../core/plan_json.ts";
import type { Experiment, RunInfo } from "../core/tracking.ts";
import { openKeeper } from "./keeper.ts";
import type { Capacity } from "./ready_steps.ts";
import { openCachedRuns } from "./record_cached.ts";
import { describeEnvironment, reportEnvironment } from "./report_environment.ts";
import { newRunId } from "./run_id.ts";
import { loggedParameters, mlflowStatus, pipelineTags, type RunOrigin } from "./run_record.ts";
import type { Services } from "./services.ts";
import { walk } from "./walk.ts";

export interface ExecuteOptions {
  readonly experiment: Experiment;
  readonly runName: string;
  readonly origin: RunOrigin;
  readonly capacity: Capacity;
  /** Go on with what does not need a failed step. */
  readonly keepGoing: boolean;
  /** Take results that were kept before. */
  readonly useCache: boolean;
  readonly workspace: string;
  readonly signal: AbortSignal;
  /** Told the parent run's id before it is recorded, and again when a server gives it another. */
  readonly onRun: (runId: string) => Promise<void>;
}

export interface Executed {
  readonly runId: string;
  readonly status: RunStatus;
  /** In the order of the plan. */
  readonly reports: readonly StepReport[];
}

/**
 * Settles when the whole run is on disk. What steps do, and an abort, is in what it gives; it rejects for a bug and for
 * what the tracker throws, and the run may then still stand as RUNNING.
 */
export async function execute(plan: Plan, services: Services, options: ExecuteOptions): Promise<Executed> {
  const { tracker, clock } = services;
  const id = newRunId();
  await options.onRun(id);
  const { run, recorded: begun } = await tracker.beginRun({
    id,
    experimentId: options.experiment.id,
    name: options.runName,
    user: options.origin.user,
    startedAt: clock(),
    tags: pipelineTags(plan, options.origin),
  }, loggedParameters(plan.parameters));
  // It is awaited with the steps; until then its failure is nobody's surprise.
  begun.catch(() => {});
  // A server gives ids of its own.
  if (run.id !== id) await options.onRun(run.id);
  services.emit(startedEvent(plan, run.id, services, options));
  const planRecorded = recordPlan(plan, run, services);

  const { capacity, keepGoing, signal, useCache } = options;
  const walked = await walk(plan, { capacity, keepGoing }, {
    services,
    cache: plan.steps.some((step) => step.cache) ? await services.openCache() : undefined,
    keeper: openKeeper(services.files),
    cachedRuns: openCachedRuns(tracker),
    experimentId: options.experiment.id,
    parentRunId: run.id,
    pipeline: plan.pipeline,
    sources: plan.sources,
    origin: options.origin,
    useCache,
    workspace: options.workspace,
    signal,
    prepareEnvironment: preparer(services, signal),
    recordedSources: new Set(),
    speaking: new Map(),
  });
  await planRecorded;
  const status = statusOf(walked.outcomes, signal.aborted);
  // With the last steps: a commit takes as long for one as for many.
  const [reports] = await Promise.all([
    walked.reports,
    tracker.updateRun(run.id, { status: mlflowStatus(status), endedAt: clock() }),
    begun,
  ]).catch(async (error) => {
    await tracker.updateRun(run.id, { status: "FAILED", endedAt: clock() }).catch(() => {});
    throw error;
  });
  services.emit({
    is: "run-ended",
    at: clock(),
    runId: run.id,
    status,
    steps: reports,
    ...failureOf(plan, reports, status),
  });
  return { runId: run.id, status, reports };
}

/** Where a run keeps its plan among its artifacts. */
export const planArtifact = "sluice/plan.json";

/** While the first steps run: it takes time on a disk, and nothing waits for it. Without it the run cannot be verified. */
async function recordPlan(plan: Plan, run: RunInfo, { tracker, emit, clock }: Services): Promise<void> {
  try {
    await tracker.artifacts.write(run.artifactUri, planArtifact, planBytes(plan));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    emit({ is: "warning", at: clock(), message: `The plan is not kept with the run: ${why}` });
  }
}

/** Each environment is made once, when the first step that needs it is started. */
function preparer(services: Services, signal: AbortSignal) {
  const ready = new Map<string, Promise<ReadyEnvironment>>();
  /** Steps of one definition share their environment. */
  const known = new Map<EnvironmentSpec, Promise<ReadyEnvironment>>();
  const prepare = (spec: EnvironmentSpec) =>
    reportEnvironment(describeEnvironment(spec), services, async (onProgress) => {
      const environment = await services.environments.prepare(spec, { signal, onProgress });
      await services.environments.warm(environment.id, {
        signal,
        onWait: () => onProgress({ is: "compiling" }),
      });
      return environment;
    });
  const findOrPrepare = (spec: EnvironmentSpec) => {
    const key = digestValue(spec);
    const prepared = ready.get(key) ?? prepare(spec);
    ready.set(key, prepared);
    return prepared;
  };
  return ({ environment }: PlannedStep): Promise<ReadyEnvironment> => {
    const prepared = known.get(environment) ?? findOrPrepare(environment);
    known.set(environment, prepared);
    return prepared;
  };
}

function statusOf(outcomes: readonly StepOutcome[], isAborted: boolean): RunStatus {
  if (outcomes.every(isDone)) return "finished";
  return isAborted ? "killed" : "failed";
}

function failureOf(plan: Plan, reports: readonly StepReport[], status: RunStatus): { failure?: Failure } {
  if (status === "finished") return {};
  if (status === "killed") {
    return {
      failure: { code: "RUN_INTERRUPTED", message: `Run of entry point \`${plan.entryPoint}\` was stopped` },
    };
  }
  const failed = reports.map((report) => report.outcome).find((outcome) => outcome.is === "failed");
  return failed === undefined ? {} : { failure: failed.failure };
}

function startedEvent(plan: Plan, runId: string, services: Services, options: ExecuteOptions): Event {
  return {
    is: "run-started",
    version: eventVersion,
    at: services.clock(),
    pipeline: plan.pipeline,
    entryPoint: plan.entryPoint,
    runId,
    runName: options.runName,
    experiment: options.experiment.name,
    tracker: services.tracker.uri,
    parameters: plan.parameters,
    steps: plan.steps.map(({ name, needs, family }) => ({
      step: name,
      needs,
      ...(family === undefined ? {} : { family }),
    })),
    skipped: plan.skipped,
  };
}
