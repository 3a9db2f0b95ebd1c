/** Executes an entry point of an MLflow project as `mlflow run` does: one run, one process in the project's folder. */
import { join } from "node:path";
import type { Argv } from "../core/argv.ts";
import type { ReadyEnvironment } from "../core/environment.ts";
import type { Failure } from "../core/error.ts";
import { eventVersion, type RunStatus, type StepOutcome, type StepReport } from "../core/event.ts";
import { makeFolder } from "../core/file_tree.ts";
import type { Place } from "../core/place.ts";
import type { ProcessExit } from "../core/ports/engine.ts";
import { activated } from "./activated.ts";
import { removeTree } from "../core/remove_tree.ts";
import {
  type Experiment,
  type LoggedParameter,
  mlflowOfFile,
  type RunInfo,
  type Tag,
} from "../core/tracking.ts";
import { newRunId } from "./run_id.ts";
import { openLog, sendLog } from "./run_log.ts";
import { mlflowStatus } from "./run_record.ts";
import type { Services } from "./services.ts";

/** One run of an entry point. */
export interface EntryPointRun {
  /** What the project is called in what is shown. */
  readonly project: string;
  readonly entryPoint: string;
  readonly place: Place;
  /** For `bash -c`. */
  readonly command: string;
  /** Absolute: where the command runs. */
  readonly folder: string;
  readonly parameters: readonly LoggedParameter[];
  readonly tags: readonly Tag[];
  /** Absent: the caller's own programs, as with `--env-manager local`. */
  readonly environment?: ReadyEnvironment & {
    /** Of the MLflow that is in it. */
    readonly mlflow?: string;
  };
  /** What runs the command, where that is a container. */
  readonly container?: {
    /** `variables` are those that tell of the run. */
    readonly argv: (runId: string, variables: Readonly<Record<string, string>>) => Argv;
    /** Ends all of its processes. */
    readonly end: (runId: string) => Promise<void>;
  };
}

export interface EntryPointOptions {
  readonly experiment: Experiment;
  /** One is made up when it is absent. */
  readonly runName?: string;
  readonly user: string;
  /** Of a run that is there already: it is gone on with, its tags and parameters as they are. */
  readonly runId?: string;
  /** The folder below which the run has one of its own while it is under way. */
  readonly workspace: string;
  readonly signal: AbortSignal;
  /** Told the run's id before it is recorded, and again when a server gives it another. */
  readonly onRun: (runId: string) => Promise<void>;
}

export type EntryPointServices = Pick<
  Services,
  "clock" | "emit" | "engine" | "openServer" | "tracker" | "variables"
>;

/**
 * Gives how it ended; its run has ended in the tracker by then. A status that the process itself gave its run stays.
 *
 * The process has the caller's environment variables with MLflow's three, and all of the machine. Where its environment
 * has an MLflow that cannot open the tracker's file, it logs through the run's own server. Throws what the tracker fails
 * with; the run is FAILED then.
 */
export async function executeEntryPoint(
  run: EntryPointRun,
  services: EntryPointServices,
  options: EntryPointOptions,
): Promise<StepReport> {
  const { clock, emit } = services;
  const info = await openRun(run, services, options);
  emit(startedEvent(run, info, services, options));
  const folder = join(options.workspace, info.id);
  let exit: ProcessExit;
  const lastLines: string[] = [];
  try {
    emit({
      is: "step-started",
      at: clock(),
      step: run.entryPoint,
      runId: info.id,
      attempt: 1,
      sandbox: "none",
    });
    makeFolder(folder);
    const log = openLog(services, info, folder);
    exit = await startProcess({ run, info, log, lastLines }, services, options.signal);
    await sendLog(services, info, folder);
  } catch (error) {
    await endRun(info, options.signal.aborted ? "killed" : "failed", services);
    throw error;
  } finally {
    await removeTree(folder).catch(() => {});
  }
  const outcome = outcomeOf(run, exit, lastLines);
  const status = outcome.is === "finished" || outcome.is === "killed" ? outcome.is : "failed";
  await endRun(info, status, services);
  return await report(run, info, outcome, status, services);
}

async function report(
  run: EntryPointRun,
  info: RunInfo,
  outcome: StepOutcome,
  status: RunStatus,
  { clock, emit, tracker }: EntryPointServices,
): Promise<StepReport> {
  const { metrics } = await tracker.getRun(info.id);
  const report: StepReport = {
    step: run.entryPoint,
    runId: info.id,
    outcome,
    startedAt: info.startedAt,
    endedAt: clock(),
    parameters: valuesOf(run),
    metrics: Object.fromEntries(metrics.map(({ key, value }) => [key, value])),
    outputs: {},
    sandbox: "none",
  };
  emit({ is: "step-ended", at: report.endedAt, ...report });
  emit({
    is: "run-ended",
    at: report.endedAt,
    runId: info.id,
    status,
    steps: [report],
    ...(outcome.is === "failed" ? { failure: outcome.failure } : {}),
  });
  return report;
}

const valuesOf = ({ parameters }: EntryPointRun): Record<string, string> =>
  Object.fromEntries(parameters.map(({ key, value }) => [key, value]));

function startedEvent(
  run: EntryPointRun,
  info: RunInfo,
  { clock, tracker }: EntryPointServices,
  { experiment }: EntryPointOptions,
): Parameters<Services["emit"]>[0] {
  return {
    is: "run-started",
    version: eventVersion,
    at: clock(),
    pipeline: run.project,
    entryPoint: run.entryPoint,
    runId: info.id,
    runName: info.name,
    experiment: experiment.name,
    tracker: tracker.uri,
    parameters: valuesOf(run),
    steps: [{ step: run.entryPoint, needs: [] }],
    skipped: [],
  };
}

async function openRun(
  run: EntryPointRun,
  { tracker, clock }: EntryPointServices,
  options: EntryPointOptions,
): Promise<RunInfo> {
  const id = options.runId ?? newRunId();
  await options.onRun(id);
  if (options.runId !== undefined) return (await tracker.getRun(id)).info;
  const { run: info, recorded } = await tracker.beginRun({
    id,
    experimentId: options.experiment.id,
    name: options.runName ?? "",
    user: options.user,
    startedAt: clock(),
    tags: run.tags,
  }, run.parameters);
  if (info.id !== id) await options.onRun(info.id);
  try {
    // To ask for it ends the wait of a file for what else may be written with it.
    const asked = tracker.uri.startsWith("sqlite:") ? tracker.getRun(info.id) : undefined;
    await Promise.all([recorded, asked]);
  } catch (error) {
    // A server may have taken the run, and refused what is logged to it.
    await tracker.updateRun(info.id, { status: "FAILED", endedAt: clock() }).catch(() => {});
    throw error;
  }
  return info;
}

/** The end of what it printed, for a failure. */
const lastLineCount = 20;

interface Started {
  readonly run: EntryPointRun;
  readonly info: RunInfo;
  readonly log: string;
  readonly lastLines: string[];
}

async function startProcess(
  { run, info, log, lastLines }: Started,
  services: EntryPointServices,
  signal: AbortSignal,
): Promise<ProcessExit> {
  const { clock, emit, engine, tracker, variables } = services;
  const { environment, container } = run;
  const session = needsServer(run, services)
    ? await (await services.openServer()).open(info.id, { tier: "none", hasOwnNetwork: false })
    : undefined;
  const told = {
    MLFLOW_RUN_ID: info.id,
    MLFLOW_TRACKING_URI: tracker.uri,
    MLFLOW_EXPERIMENT_ID: info.experimentId,
    ...session?.variables,
  };
  try {
    return await engine.run({
      argv: container?.argv(info.id, told) ??
        activated(["bash", "-c", run.command], environment?.activation),
      folder: run.folder,
      variables: {
        ...variables,
        ...environment?.variables,
        ...(environment === undefined
          ? {}
          : { PATH: [...environment.path, variables["PATH"] ?? ""].join(":") }),
        ...told,
      },
      log,
      tellsSignals: false,
    }, {
      signal,
      onLine(stream, line) {
        if (lastLines.push(line) > lastLineCount) lastLines.shift();
        emit({ is: "step-output", at: clock(), step: run.entryPoint, stream, line });
      },
    });
  } finally {
    await container?.end(info.id);
    session?.close();
  }
}

/**
 * MLflow of another version refuses a file that is newer than it, and would migrate one that is older. A container does
 * not find the file.
 */
const needsServer = ({ environment, container }: EntryPointRun, { tracker }: EntryPointServices): boolean =>
  tracker.uri.startsWith("sqlite:") &&
  (container !== undefined || environment?.mlflow !== undefined && environment.mlflow !== mlflowOfFile);

/** MLflow too leaves a status that user code gave. */
async function endRun(
  { id }: RunInfo,
  status: RunStatus,
  { tracker, clock }: EntryPointServices,
): Promise<void> {
  const { info } = await tracker.getRun(id);
  if (info.status !== "RUNNING" && info.status !== "SCHEDULED") return;
  await tracker.updateRun(id, { status: mlflowStatus(status), endedAt: clock() });
}

function outcomeOf(run: EntryPointRun, exit: ProcessExit, lastLines: readonly string[]): StepOutcome {
  if (exit.is === "cancelled") return { is: "killed" };
  if (exit.is === "exited" && exit.code === 0) return { is: "finished" };
  const failure: Failure = {
    code: exit.is === "not-started" ? "STEP_NOT_STARTED" : "STEP_FAILED",
    message: `Entry point "${run.entryPoint}" ${howItEnded(exit)}`,
    at: run.place,
    hint: "Read its last lines, or its whole log",
  };
  return { is: "failed", failure, lastLines };
}

function howItEnded(exit: ProcessExit): string {
  switch (exit.is) {
    case "exited":
      return `ended with exit code ${exit.code}`;
    case "signalled":
      return `was ended by ${exit.signal}`;
    case "not-started":
      return `cannot start as there is ${exit.reason}`;
    default:
      return "was stopped";
  }
}
