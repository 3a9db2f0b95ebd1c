/** Runs an MLflow project in a folder of this machine, as `mlflow run` does. */
import { cacheFolder } from "../core/cache_folder.ts";
import { basename, join } from "node:path";
import { type Failure, refuse, unwrap } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import type { ProjectEntryPoint } from "../core/mlproject.ts";
import type { RunServer } from "../core/ports/run_server.ts";
import type { Reporter } from "../core/ports/reporter.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { machineFailure } from "../core/system_error.ts";
import { type Experiment, type Tag, TrackingError } from "../core/tracking.ts";
import { localEngine } from "../engines/local_engine.ts";
import { fillCommand, quoteWord, type Values } from "../mlproject/fill_command.ts";
import { findProjectEntryPoint } from "../mlproject/find_entry_point.ts";
import { type ProjectArguments, resolveProjectArguments } from "../mlproject/project_arguments.ts";
import { type EntryPointRun, executeEntryPoint } from "../scheduler/execute_entry_point.ts";
import { findOrCreateExperiment, requireActive } from "./find_experiment.ts";
import { isOfInterruption } from "./interruption.ts";
import {
  locateTracker,
  openTracker,
  preloadTracker,
  type TrackerChoice,
  type TrackerLocation,
  workspaceFolder,
} from "./open_tracker.ts";
import { type LocatedProject, locateProject } from "./locate_project.ts";
import type { AskedEnvironment, EnvironmentManager } from "./project_environment.ts";
import { locateValues } from "./project_paths.ts";
import { bugOfServer } from "./open_services.ts";
import { ownRun, type RunOwner } from "./run_owner.ts";
import { mendRuns } from "./mend_runs.ts";
import { userName } from "./run_origin.ts";
import { openSteadyClock } from "./steady_clock.ts";
import { sluiceVersion } from "./version.ts";

export interface ProjectRequest {
  /** A folder, an address of git or an archive. */
  readonly uri: string;
  readonly entryPoint: string;
  /** As they were typed. */
  readonly parameters: Values;
}

export interface ProjectOptions {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  readonly environmentManager?: EnvironmentManager;
  /** At most one of the two; else MLFLOW_EXPERIMENT_NAME or _ID, else experiment 0. */
  readonly experimentName?: string;
  readonly experimentId?: string;
  readonly runName?: string;
  /** Of a run to go on with. */
  readonly runId?: string;
  readonly trackingUri?: string;
  /** A branch, tag or commit of git. */
  readonly version?: string;
  /** Where values of `path` parameters are fetched to; MLFLOW_TMP_DIR when absent. */
  readonly storage?: string;
  /** What was fetched from elsewhere may run without being asked for. */
  readonly isApproved?: boolean;
}

/** How it ended. `failure` is why it did not finish. */
export interface ProjectEnded {
  readonly status: "failed" | "finished" | "killed";
  readonly failure?: Failure;
}

/** Throws a `SluiceError` for what is wrong before the run begins, and for an environment that cannot be made. */
export async function runProject(request: ProjectRequest, options: ProjectOptions): Promise<ProjectEnded> {
  const workingFolder = Deno.cwd();
  const variables = Deno.env.toObject();
  const choice = { uri: options.trackingUri, workingFolder, variables };
  const location = locateTracker(choice);
  preloadTracker(location);
  const cache = () => cacheFolder(variables);
  const located = await locateProject(request.uri, {
    workingFolder,
    variables,
    cache,
    signal: options.signal,
    ...(options.version === undefined ? {} : { version: options.version }),
  });
  try {
    return await runLocated(located, request, { workingFolder, variables, location, choice, cache }, options);
  } finally {
    await located.remove();
  }
}

interface Caller {
  readonly workingFolder: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly choice: Omit<TrackerChoice, "create">;
  readonly location: TrackerLocation;
  readonly cache: () => string;
}

async function runLocated(
  located: LocatedProject,
  request: ProjectRequest,
  caller: Caller,
  options: ProjectOptions,
): Promise<ProjectEnded> {
  const { project } = located;
  const { workingFolder, variables } = caller;
  const entryPoint = unwrap(findProjectEntryPoint(project, request.entryPoint, variables["SHELL"]));
  refuseDocker(located);
  refuseNeeds(entryPoint);
  const asked = unwrap(resolveProjectArguments(entryPoint, request.parameters));
  const { environmentManager: manager } = options;
  const environment = manager === "local"
    ? undefined
    : await (await import("./project_environment.ts")).findEnvironment(located, manager, caller.cache);
  if (located.origin.fetched !== undefined) {
    const { approveProject } = await import("./approve_project.ts");
    await approveProject({
      uri: located.origin.source,
      fetched: located.origin.fetched,
      // As it would be with what is fetched in place of its address.
      command: unwrap(fillCommand(entryPoint, asked.values, asked.extra)),
      environment: environment?.note ??
        (environment === undefined ? undefined : "those that it names, from PyPI"),
      isGiven: options.isApproved ?? false,
      cache: caller.cache(),
    });
  }
  const storage = options.storage ?? variables["MLFLOW_TMP_DIR"];
  const paths = await locateValues(entryPoint, asked.values, {
    workingFolder,
    signal: options.signal,
    ...(storage ? { storage } : {}),
  });
  try {
    const command = unwrap(fillCommand(entryPoint, paths.values, asked.extra));
    return await runCommandOf({ located, entryPoint, asked, command, environment }, request, caller, options);
  } finally {
    await paths.remove();
  }
}

interface Filled {
  readonly located: LocatedProject;
  readonly entryPoint: ProjectEntryPoint;
  readonly asked: ProjectArguments;
  readonly command: string;
  readonly environment: AskedEnvironment | undefined;
}

async function runCommandOf(
  { located, entryPoint, asked, command, environment }: Filled,
  request: ProjectRequest,
  { workingFolder, variables, choice, location }: Caller,
  options: ProjectOptions,
): Promise<ProjectEnded> {
  const { project, folder } = located;
  let tracker: Tracker | undefined;
  try {
    // Before anything is recorded: what cannot be made leaves nothing behind.
    const made = await environment?.make(variables, options);
    tracker = await openTracker({ ...choice, create: true });
    const workspace = workspaceFolder(location, workingFolder);
    const opened = tracker;
    await mendRuns(workspace, () => Promise.resolve(opened), Date.now());
    const experiment = await experimentOf(tracker, options, variables);
    const parameters = [
      ...asked.values,
      ...[...asked.extra].map(([key, value]) => [quoteWord(key), value] as const),
    ].map(([key, value]) => ({ key, value: quoteWord(value) }));
    return await execute({
      run: {
        project: project.name ?? basename(folder),
        entryPoint: entryPoint.name,
        place: entryPoint.place,
        command,
        folder,
        parameters,
        tags: [
          ...tagsOf(located, entryPoint, environment?.name),
          ...(made === undefined ? [] : [{ key: "sluice.environment", value: made.id }]),
        ],
        ...(made === undefined ? {} : { environment: made }),
      },
      experiment,
      tracker,
      workspace,
      variables,
      options,
    });
  } catch (error) {
    return refuseRun(error, request, options.signal);
  } finally {
    await tracker?.close();
  }
}

/** MLflow runs such a project in its image, whatever the environment manager. */
function refuseDocker({ project }: LocatedProject): void {
  if (project.environment.is !== "docker") return;
  refuse({
    code: "ENVIRONMENT_INVALID",
    message: "Cannot run the project as it names a docker_env, and sluice runs no images",
    ...(project.file === undefined ? {} : { at: { file: project.file } }),
    hint: "Run it by `mlflow run`, or name a python_env or conda_env in its place",
  });
}

/** MLflow knows no entry points that need others, and none of them is left out in silence. */
function refuseNeeds({ name, needs, place }: ProjectEntryPoint): void {
  if (needs.length === 0) return;
  refuse({
    code: "PROJECT_FILE_INVALID",
    message: `Cannot run entry point \`${name}\` as it depends on others: ${needs.join(", ")}`,
    at: place,
    hint: `Take \`depends_on\` out, and run them one after the other: ${
      [...needs, name].map((each) => `\`-e ${each}\``).join(", ")
    }`,
  });
}

interface Prepared {
  readonly run: EntryPointRun;
  readonly experiment: Experiment;
  readonly tracker: Tracker;
  readonly workspace: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly options: ProjectOptions;
}

async function execute(prepared: Prepared): Promise<ProjectEnded> {
  const { run, tracker, experiment, workspace, variables, options } = prepared;
  let owner: RunOwner | undefined;
  let server: Promise<RunServer> | undefined;
  const emit = (event: Event) => options.reporter.report(event);
  const onBug = (error: unknown) => emit({ is: "warning", at: Date.now(), message: bugOfServer(error) });
  try {
    const { outcome } = await executeEntryPoint(run, {
      clock: openSteadyClock(),
      emit,
      engine: localEngine,
      openServer: () =>
        server ??= import("../server/run_server.ts").then(({ openRunServer }) =>
          openRunServer(tracker, { onBug })
        ),
      tracker,
      variables,
    }, {
      experiment,
      user: userName(),
      workspace: join(workspace, "steps"),
      signal: options.signal,
      ...(options.runName === undefined ? {} : { runName: options.runName }),
      ...(options.runId === undefined ? {} : { runId: options.runId }),
      onRun: async (runId) => {
        await owner?.release();
        owner = await ownRun(workspace, runId, tracker.uri);
      },
    });
    if (outcome.is === "failed") return { status: "failed", failure: outcome.failure };
    return { status: outcome.is === "killed" ? "killed" : "finished" };
  } finally {
    await (await server)?.close();
    localEngine.close();
    await owner?.release();
  }
}

/** What MLflow would have fail with a stack trace is told as what it is. */
function refuseRun(error: unknown, { entryPoint }: ProjectRequest, signal: AbortSignal): never {
  if (signal.aborted && isOfInterruption(error)) {
    refuse({ code: "RUN_INTERRUPTED", message: `Run of entry point \`${entryPoint}\` was stopped` });
  }
  const failure = machineFailure(error, `Cannot go on with entry point \`${entryPoint}\``);
  if (failure !== undefined) refuse(failure);
  if (!(error instanceof TrackingError)) throw error;
  return refuse({
    code: "TRACKER_REFUSED",
    message: `Cannot record the run as the tracker refuses: ${error.message}`,
    hint: "See what it names; --experiment-name, --experiment-id and --run-name choose others",
  });
}

async function experimentOf(
  tracker: Tracker,
  options: ProjectOptions,
  variables: Readonly<Record<string, string>>,
): Promise<Experiment> {
  const name = options.experimentName ??
    (options.experimentId === undefined ? variables["MLFLOW_EXPERIMENT_NAME"] : undefined);
  if (name) return await findOrCreateExperiment(tracker, name);
  const id = options.experimentId ?? (variables["MLFLOW_EXPERIMENT_ID"] || "0");
  return requireActive(await tracker.getExperiment(id));
}

function tagsOf(
  { origin, project }: LocatedProject,
  entryPoint: ProjectEntryPoint,
  manager: string | undefined,
): Tag[] {
  const tag = (key: string, value: string | undefined): Tag[] => value === undefined ? [] : [{ key, value }];
  return [
    ...tag("mlflow.user", userName()),
    ...tag("mlflow.source.name", origin.source),
    ...tag("mlflow.source.type", "PROJECT"),
    ...tag("mlflow.project.entryPoint", entryPoint.name),
    ...tag("mlflow.source.git.commit", origin.commit),
    ...tag("mlflow.source.git.repoURL", origin.remoteUrl),
    ...tag("mlflow.source.git.branch", origin.branch),
    ...tag("mlflow.project.backend", "local"),
    ...tag("mlflow.project.env", manager),
    ...tag("sluice.version", sluiceVersion),
    ...(manager !== undefined && project.environment.is === "conda" ? tag("sluice.packages", "pypi") : []),
  ];
}
