/** Runs one step to its end: its nested run, its environment, its attempts, what it produced. */
import { join } from "node:path";
import type { ReadyEnvironment } from "../core/environment.ts";
import { type Failure, SluiceError } from "../core/error.ts";
import type { ProducedOutput, StepOutcome, StepReport } from "../core/event.ts";
import { makeFolder } from "../core/file_tree.ts";
import { inside } from "../core/place.ts";
import type { PlannedStep } from "../core/plan.ts";
import type { RunServerSession, SandboxTier } from "../core/ports.ts";
import { type RunInfo, TrackingError } from "../core/tracking.ts";
import { collectOutputs } from "./collect_outputs.ts";
import { openContentLog } from "./log_content.ts";
import { type AttemptEnd, runAttempt } from "./run_process.ts";
import { loggedParameters, mlflowStatus, type RunOrigin, stepTags } from "./run_record.ts";
import type { Services } from "./services.ts";
import { gatherInputs, type Reports, type StepInputs } from "./step_inputs.ts";

/** What all steps of one run share. */
export interface RunContext {
  readonly services: Services;
  readonly experimentId: string;
  readonly parentRunId: string;
  readonly origin: RunOrigin;
  /** The folder below which each step under way has one of its own. */
  readonly workspace: string;
  /** Aborted when the whole run is to stop. */
  readonly signal: AbortSignal;
  readonly prepareEnvironment: (step: PlannedStep) => Promise<ReadyEnvironment>;
}

/** Where a step stands when it has been recorded and before it has ended. */
interface OpenStep {
  readonly step: PlannedStep;
  readonly run: RunInfo;
  readonly inputs: StepInputs;
  readonly folder: string;
  readonly log: string;
}

/** Never throws for what a step, its environment or its outputs do; the report says it. */
export async function executeStep(
  step: PlannedStep,
  reports: Reports,
  context: RunContext,
): Promise<StepReport> {
  const { services } = context;
  const startedAt = services.clock();
  const run = await services.tracker.createRun({
    experimentId: context.experimentId,
    name: step.name,
    user: context.origin.user,
    startedAt,
    tags: stepTags(step, context.origin, context.parentRunId, tierOf(step)),
  });
  const folder = join(context.workspace, run.id);
  let inputs: StepInputs = { parameters: {}, paths: {} };
  let ended: { outcome: StepOutcome; outputs: Readonly<Record<string, ProducedOutput>> };
  try {
    const gathered = gatherInputs(step, reports, (location) => locateModel(services, location));
    if (!gathered.ok) throw new SluiceError(gathered.failure);
    inputs = gathered.value;
    ended = await runRecorded(
      { step, run, inputs, folder, log: openLog(services, run, folder) },
      context,
    );
  } catch (error) {
    ended = { outcome: failedOutcome(asFailure(error, step)), outputs: {} };
  }
  await leaveFolder(services, run, folder);
  return await closeRun(step, run, inputs, startedAt, ended, context);
}

async function runRecorded(open: OpenStep, context: RunContext) {
  const { step, run, inputs, folder, log } = open;
  const { services } = context;
  await services.tracker.logBatch(run.id, {
    parameters: loggedParameters(inputs.parameters),
  });
  const environment = await context.prepareEnvironment(step);
  for (let attempt = 1;; attempt++) {
    context.signal.throwIfAborted();
    services.emit({
      is: "step-started",
      at: services.clock(),
      step: step.name,
      runId: run.id,
      attempt,
      sandbox: tierOf(step),
    });
    const ended = await runOnce(open, join(folder, String(attempt)), environment, context);
    const { outcome } = ended;
    if (outcome.is !== "failed" || attempt > step.limits.retries) return ended;
    services.emit({
      is: "step-retrying",
      at: services.clock(),
      step: step.name,
      attempt: attempt + 1,
      failure: outcome.failure,
    });
    await Deno.writeTextFile(log, `--- attempt ${attempt + 1} ---\n`, { append: true });
  }
}

async function runOnce(open: OpenStep, folder: string, environment: ReadyEnvironment, context: RunContext) {
  const { step, run, inputs, log } = open;
  const { services } = context;
  // A function logs through SLUICE_LOG; any command may hold an MLflow client.
  let session: RunServerSession | undefined;
  try {
    session = step.body.is === "command" ? (await services.openServer()).open(run.id) : undefined;
    const attempt = { step, inputs, environment, folder, log, session };
    const take = openContentLog(step, run.id, services);
    const end = await runAttempt(attempt, services, context.signal, take);
    const failure = exitFailure(step, end);
    if (end.exit.is === "cancelled") return { outcome: { is: "killed" } as const, outputs: {} };
    if (failure !== undefined) return { outcome: failedOutcome(failure, end, log), outputs: {} };
    const collected = await collectOutputs(
      step,
      join(folder, "outputs"),
      services.tracker.artifacts,
      run.artifactUri,
    );
    if (!collected.ok) return { outcome: failedOutcome(collected.failure, end, log), outputs: {} };
    const missing = await findMissingMetric(step, run, services);
    if (missing !== undefined) return { outcome: failedOutcome(missing, end, log), outputs: collected.value };
    return { outcome: { is: "finished" } as const, outputs: collected.value };
  } finally {
    session?.close();
  }
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
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    return;
  }
  const log = await Deno.open(join(folder, "output.log")).catch(() => undefined);
  if (log !== undefined) await artifacts.write(run.artifactUri, "logs/output.log", log.readable);
}

const tierOf = (step: PlannedStep): SandboxTier => step.body.is === "function" ? "deno" : "none";

function exitFailure(step: PlannedStep, { exit }: AttemptEnd): Failure | undefined {
  const at = inside(step.place, `step "${step.name}"`);
  const failed = (how: string, hint = "Read its last lines, or its whole log"): Failure => ({
    code: "STEP_FAILED",
    message: `Step "${step.name}" ${how}`,
    at,
    hint,
  });
  switch (exit.is) {
    case "exited":
      return exit.code === 0 ? undefined : failed(`ended with exit code ${exit.code}`);
    case "signalled":
      return failed(
        `was ended by ${exit.signal}`,
        exit.signal === "SIGKILL" ? "It may have run out of memory" : undefined,
      );
    case "timed-out":
      return {
        code: "STEP_TIMED_OUT",
        message: `Step "${step.name}" was stopped as it ran longer than ${step.limits.timeoutMs} ms`,
        at,
        hint: "Raise its `timeout`",
      };
    case "not-started":
      return {
        code: "STEP_NOT_STARTED",
        message: `Cannot start step "${step.name}" as there is ${exit.reason}`,
        at,
        hint: "Name a program of its environment, or one of the system",
      };
    case "cancelled":
      return undefined;
  }
}

async function findMissingMetric(
  step: PlannedStep,
  run: RunInfo,
  services: Services,
): Promise<Failure | undefined> {
  if (step.metrics.length === 0) return undefined;
  const logged = new Set((await services.tracker.getRun(run.id)).metrics.map((metric) => metric.key));
  const missing = step.metrics.find((name) => !logged.has(name));
  if (missing === undefined) return undefined;
  return {
    code: "METRIC_MISSING",
    message: `Cannot finish step "${step.name}" as it ended without logging its metric "${missing}"`,
    at: inside(step.place, `step "${step.name}"`, `metric "${missing}"`),
    hint:
      `Log it with MLflow, or append {"metric": "${missing}", "value": 0.5} to the file named in SLUICE_LOG`,
  };
}

async function closeRun(
  step: PlannedStep,
  run: RunInfo,
  inputs: StepInputs,
  startedAt: number,
  ended: { outcome: StepOutcome; outputs: Readonly<Record<string, ProducedOutput>> },
  { services, signal }: RunContext,
): Promise<StepReport> {
  const outcome = ended.outcome.is === "failed" && signal.aborted ? { is: "killed" as const } : ended.outcome;
  const endedAt = services.clock();
  const status = outcome.is === "finished" ? "finished" : outcome.is === "killed" ? "killed" : "failed";
  await services.tracker.updateRun(run.id, { status: mlflowStatus(status), endedAt });
  const { metrics } = await services.tracker.getRun(run.id);
  return {
    step: step.name,
    runId: run.id,
    outcome,
    startedAt,
    endedAt,
    parameters: inputs.parameters,
    metrics: Object.fromEntries(metrics.map(({ key, value }) => [key, value])),
    outputs: ended.outputs,
  };
}

function failedOutcome(failure: Failure, end?: AttemptEnd, log?: string): StepOutcome {
  return { is: "failed", failure, lastLines: end?.lastLines ?? [], ...(log === undefined ? {} : { log }) };
}

/** Whatever else is thrown is a bug and goes on. */
function asFailure(error: unknown, step: PlannedStep): Failure {
  if (error instanceof SluiceError) return error.failure;
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
