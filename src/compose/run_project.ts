/** Runs an MLflow project in a folder of this machine, as `mlflow run` does. */
import { cacheFolder } from "../core/cache_folder.ts";
import { basename, join } from "node:path";
import { refuse, unwrap } from "../core/error.ts";
import type { EnvironmentSpec } from "../core/environment.ts";
import type { Event } from "../core/event.ts";
import type { ProjectEntryPoint, ProjectEnvironment } from "../core/mlproject.ts";
import type { RunServer } from "../core/ports/run_server.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { machineFailure } from "../core/system_error.ts";
import { type Experiment, type Tag, TrackingError } from "../core/tracking.ts";
import { localEngine } from "../engines/local_engine.ts";
import { fillCommand, quoteWord } from "../mlproject/fill_command.ts";
import { findClosure } from "../mlproject/project_closure.ts";
import { findProjectEntryPoint } from "../mlproject/find_entry_point.ts";
import { type ProjectArguments, resolveProjectArguments } from "../mlproject/project_arguments.ts";
import { type EntryPointRun, executeEntryPoint } from "../scheduler/execute_entry_point.ts";
import { findProjectExperiment } from "./find_experiment.ts";
import type {
  ProjectCaller,
  ProjectEnded,
  ProjectOptions,
  ProjectRequest,
  ShownProjectOptions,
} from "./project_request.ts";
import { isOfInterruption } from "./interruption.ts";
import { locateTracker, openTracker, preloadTracker, workspaceFolder } from "./open_tracker.ts";
import type { ContainerImage } from "../environments/container_image.ts";
import { type ProjectContainer, shownContainer } from "./project_container.ts";
import { type LocatedProject, locateProject } from "./locate_project.ts";
import { type AskedEnvironment, packagesTags } from "./project_environment.ts";
import { locateValues, withPathSurroundings } from "./project_paths.ts";
import { bugOfServer } from "./open_services.ts";
import { ownRun, type RunOwner } from "./run_owner.ts";
import { mendRuns } from "./mend_runs.ts";
import { userName } from "./run_origin.ts";
import { openSteadyClock } from "./steady_clock.ts";
import { sluiceVersion } from "./version.ts";

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

async function runLocated(
  located: LocatedProject,
  request: ProjectRequest,
  caller: ProjectCaller,
  options: ProjectOptions,
): Promise<ProjectEnded> {
  const { project } = located;
  const entryPoint = unwrap(findProjectEntryPoint(project, request.entryPoint, caller.variables["SHELL"]));
  const closure = unwrap(findClosure(project, entryPoint));
  const areSteps = closure.length > 1 || options.useCache === true || options.sandbox === "require";
  const reporter = await options.openReporter(areSteps ? "steps" : "one process");
  const shown = { ...options, reporter };
  try {
    if (!areSteps) return await runAlone(located, entryPoint, request, caller, shown);
    const { runProjectSteps } = await import("./run_project_steps.ts");
    return await runProjectSteps(located, closure, request.parameters, caller, shown);
  } finally {
    await reporter.close();
  }
}

/** One process in the project's own folder, as MLflow does it. */
async function runAlone(
  located: LocatedProject,
  entryPoint: ProjectEntryPoint,
  request: ProjectRequest,
  caller: ProjectCaller,
  options: ShownProjectOptions,
): Promise<ProjectEnded> {
  const asked = unwrap(resolveProjectArguments(entryPoint, request.parameters));
  const { environmentManager: manager } = options;
  const image = located.project.environment.is === "docker" ? located.project.environment : undefined;
  const environment = image !== undefined || manager === "local"
    ? undefined
    : await (await import("./project_environment.ts")).findEnvironment(located, manager, {
      ...caller,
      signal: options.signal,
    });
  if (located.origin.fetched !== undefined) {
    const { approveProject } = await import("./approve_project.ts");
    await approveProject({
      uri: located.origin.source,
      fetched: located.origin.fetched,
      // As it would be with what is fetched in place of its address.
      commands: [unwrap(fillCommand(entryPoint, asked.values, asked.extra))],
      environment: image === undefined ? environment : { note: shownContainer(image) },
      touches: image === undefined ? "everything" : "container",
      isGiven: options.isApproved ?? false,
      cache: caller.cache(),
    });
  }
  const paths = await withPathSurroundings(
    caller,
    options,
    (surroundings) => locateValues(entryPoint, asked.values, surroundings),
  );
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
  { workingFolder, variables, choice, location }: ProjectCaller,
  options: ShownProjectOptions,
): Promise<ProjectEnded> {
  const { project, folder } = located;
  let tracker: Tracker | undefined;
  try {
    // Before anything is recorded: what cannot be made leaves nothing behind.
    const made = await environment?.make(variables, options);
    const container = project.environment.is === "docker"
      ? await containerOf(located, project.environment, variables, options)
      : undefined;
    tracker = await openTracker({ ...choice, create: true });
    const workspace = workspaceFolder(location, workingFolder);
    const opened = tracker;
    await mendRuns(workspace, () => Promise.resolve(opened), Date.now());
    const experiment = await findProjectExperiment(tracker, options, variables);
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
          ...tagsOf(
            located,
            entryPoint,
            container === undefined ? environment?.name : "docker",
            environment?.spec,
          ),
          ...(container === undefined ? [] : imageTags(container.image)),
          ...(made === undefined ? [] : [{ key: "sluice.environment", value: made.id }]),
        ],
        ...(made === undefined ? {} : { environment: made }),
        ...(container === undefined ? {} : { container: container.of(command) }),
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

/** Such a project runs in its image, whatever the environment manager. */
async function containerOf(
  { project, folder }: LocatedProject,
  environment: Extract<ProjectEnvironment, { is: "docker" }>,
  variables: Readonly<Record<string, string>>,
  { reporter, signal, dockerArguments = new Map(), buildsImage = false }: ShownProjectOptions,
): Promise<ProjectContainer> {
  const { prepareContainer } = await import("./project_container.ts");
  const begun = performance.now();
  let isNew = false;
  const container = await prepareContainer(project, environment, {
    ...{ variables, folder, signal, dockerArguments, buildsImage },
    onProgress(message) {
      isNew = true;
      const progress = { is: "installing", message } as const;
      reporter.report({ is: "environment-progress", at: Date.now(), environment: "docker", progress });
    },
  });
  const tookMs = Math.round(performance.now() - begun);
  reporter.report({ is: "environment-ready", at: Date.now(), environment: "docker", isNew, tookMs });
  return container;
}

const imageTags = ({ name, id }: ContainerImage): Tag[] => [
  { key: "mlflow.docker.image.uri", value: name },
  { key: "mlflow.docker.image.id", value: id },
];

interface Prepared {
  readonly run: EntryPointRun;
  readonly experiment: Experiment;
  readonly tracker: Tracker;
  readonly workspace: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly options: ShownProjectOptions;
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

function tagsOf(
  { origin, project }: LocatedProject,
  entryPoint: ProjectEntryPoint,
  manager: string | undefined,
  spec: EnvironmentSpec | undefined,
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
    ...(spec === undefined ? [] : packagesTags(project, spec)),
  ];
}
