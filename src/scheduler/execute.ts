/** Executes a plan: starts what is ready, tells what happens, and records how it all ended. */
import { digestValue } from "../core/digest.ts";
import type { EnvironmentProgress, EnvironmentSpec, ReadyEnvironment } from "../core/environment.ts";
import { type Event, eventVersion, isDone, type RunStatus, type StepReport } from "../core/event.ts";
import type { Failure } from "../core/error.ts";
import type { Plan, PlannedStep } from "../core/plan.ts";
import { planBytes } from "../core/plan_json.ts";
import type { Experiment, RunInfo } from "../core/tracking.ts";
import { executeStep, type RunContext } from "./execute_step.ts";
import { type Capacity, openQueue } from "./ready_steps.ts";
import { loggedParameters, mlflowStatus, pipelineTags, type RunOrigin } from "./run_record.ts";
import type { Services } from "./services.ts";

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

export async function execute(plan: Plan, services: Services, options: ExecuteOptions): Promise<Executed> {
  const { tracker, clock } = services;
  const id = newRunId();
  await options.onRun(id);
  const run = await tracker.createRun({
    id,
    experimentId: options.experiment.id,
    name: options.runName,
    user: options.origin.user,
    startedAt: clock(),
    tags: pipelineTags(plan, options.origin),
  });
  // A server gives ids of its own.
  if (run.id !== id) await options.onRun(run.id);
  await tracker.logBatch(run.id, { parameters: loggedParameters(plan.parameters) });
  services.emit(startedEvent(plan, run.id, services, options));
  const recorded = recordPlan(plan, run, services);

  const reports = await walk(plan, options.capacity, options.keepGoing, {
    services,
    experimentId: options.experiment.id,
    parentRunId: run.id,
    pipeline: plan.pipeline,
    sources: plan.sources,
    origin: options.origin,
    useCache: options.useCache,
    workspace: options.workspace,
    signal: options.signal,
    prepareEnvironment: preparer(services, options.signal),
  });
  await recorded;
  const status = statusOf(reports, options.signal.aborted);
  await tracker.updateRun(run.id, { status: mlflowStatus(status), endedAt: clock() });
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
  const content = ReadableStream.from(planBytes(plan));
  try {
    await tracker.artifacts.write(run.artifactUri, planArtifact, content);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    emit({ is: "warning", at: clock(), message: `The plan is not kept with the run: ${why}` });
  }
}

/** 32 hex digits, as MLflow's are. */
const newRunId = (): string => crypto.getRandomValues(new Uint8Array(16)).toHex();

/**
 * Runs every step it can. After a failure nothing new is started, unless `keepGoing`, and what runs may finish.
 *
 * A bug stops all steps before it goes on.
 */
async function walk(
  plan: Plan,
  capacity: Capacity,
  keepGoing: boolean,
  context: RunContext,
): Promise<StepReport[]> {
  const { services } = context;
  const queue = openQueue(plan.steps);
  const reports = new Map<string, StepReport>();
  const running = new Map<string, Promise<{ step: PlannedStep; report: StepReport }>>();
  const bug = new AbortController();
  const stepContext = { ...context, signal: AbortSignal.any([context.signal, bug.signal]) };
  let failedStep: string | undefined;
  const record = (report: StepReport) => {
    reports.set(report.step, report);
    services.emit({ is: "step-ended", at: services.clock(), ...report });
  };
  try {
    for (;;) {
      if (!context.signal.aborted && (failedStep === undefined || keepGoing)) {
        for (const step of queue.start(capacity)) {
          running.set(
            step.name,
            executeStep(step, reports, stepContext).then((report) => ({ step, report })),
          );
        }
      }
      if (running.size === 0) break;
      const { step, report } = await Promise.race(running.values());
      running.delete(step.name);
      record(report);
      const isEnd = isDone(report.outcome);
      if (!isEnd) failedStep ??= step.name;
      for (const blocked of queue.end(step, isEnd ? "finished" : "stopped")) {
        record(unstarted(blocked.step, { is: "blocked", step: blocked.lacks }, services));
      }
    }
  } catch (error) {
    bug.abort();
    await Promise.allSettled(running.values());
    throw error;
  }
  for (const step of queue.waiting()) {
    const isKilled = context.signal.aborted || failedStep === undefined;
    record(unstarted(step, isKilled ? { is: "killed" } : { is: "blocked", step: failedStep! }, services));
  }
  return plan.steps.map((step) => reports.get(step.name)!);
}

/** Each environment is made once, when the first step that needs it is started. */
function preparer(services: Services, signal: AbortSignal) {
  const ready = new Map<string, Promise<ReadyEnvironment>>();
  const prepare = async (spec: EnvironmentSpec, name: string) => {
    const startedAt = services.clock();
    const onProgress = (progress: EnvironmentProgress) =>
      services.emit({ is: "environment-progress", at: services.clock(), environment: name, progress });
    const environment = await services.environments.prepare(spec, { signal, onProgress });
    await services.environments.warm(environment.id, {
      signal,
      onWait: () => onProgress({ is: "compiling" }),
    });
    services.emit({
      is: "environment-ready",
      at: services.clock(),
      environment: name,
      isNew: environment.isNew,
      tookMs: services.clock() - startedAt,
    });
    return environment;
  };
  return (step: PlannedStep): Promise<ReadyEnvironment> => {
    const key = digestValue(step.environment);
    const known = ready.get(key) ?? prepare(step.environment, describeEnvironment(step.environment));
    ready.set(key, known);
    return known;
  };
}

/** `python 3.11`, `host`, `deno`. */
export function describeEnvironment(spec: EnvironmentSpec): string {
  return spec.kind === "python" && spec.version !== undefined ? `python ${spec.version}` : spec.kind;
}

function unstarted(step: PlannedStep, outcome: StepReport["outcome"], services: Services): StepReport {
  const now = services.clock();
  return {
    step: step.name,
    runId: "",
    outcome,
    startedAt: now,
    endedAt: now,
    parameters: {},
    metrics: {},
    outputs: {},
  };
}

function statusOf(reports: readonly StepReport[], isAborted: boolean): RunStatus {
  if (reports.every((report) => isDone(report.outcome))) return "finished";
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
