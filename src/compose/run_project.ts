/** Runs an MLflow project in a folder of this machine, as `mlflow run` does. */
import { basename, join } from "node:path";
import { cacheFolder } from "../core/cache_folder.ts";
import { unwrap } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import type { ProjectEntryPoint, ProjectEnvironment } from "../core/mlproject.ts";
import type { RunServer } from "../core/ports/run_server.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import type { Experiment } from "../core/tracking.ts";
import { localEngine } from "../engines/local_engine.ts";
import { fillCommand, quoteWord } from "../mlproject/fill_command.ts";
import { findClosure } from "../mlproject/project_closure.ts";
import { findProjectEntryPoint } from "../mlproject/find_entry_point.ts";
import { type ProjectArguments, resolveProjectArguments } from "../mlproject/project_arguments.ts";
import { reportEnvironment } from "../scheduler/report_environment.ts";
import { type EntryPointRun, executeEntryPoint } from "../scheduler/execute_entry_point.ts";
import { findProjectExperiment } from "./find_experiment.ts";
import type {
  ProjectCaller,
  ProjectEnded,
  ProjectOptions,
  ProjectRequest,
  ShownProjectOptions,
} from "./project_request.ts";
import { locateTracker, openTracker, preloadTracker, workspaceFolder } from "./open_tracker.ts";
import type { ProjectContainer } from "./project_container.ts";
import { type LocatedProject, locateProject } from "./locate_project.ts";
import type { AskedEnvironment } from "./project_environment.ts";
import { imageTags, projectTags } from "./project_tags.ts";
import { locateValues, withPathSurroundings } from "./project_paths.ts";
import { bugOfServer } from "./open_services.ts";
import { refuseRun } from "./refuse_run.ts";
import { ownRun, type RunOwner } from "./run_owner.ts";
import { mendRuns } from "./mend_runs.ts";
import { userName } from "./run_origin.ts";
import { openSteadyClock } from "./steady_clock.ts";

/** Throws a `SluiceError` for what is wrong before the run begins, and for an environment that cannot be made. */
export async function runProject(request: ProjectRequest, options: ProjectOptions): Promise<ProjectEnded> {
  const workingFolder = Deno.cwd();
  const variables = Deno.env.toObject();
  const choice = { uri: options.trackingUri, workingFolder, variables };
  const location = locateTracker(choice);
  preloadTracker(location);
  if (options.environmentManager !== "local") preloadEnvironment();
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

/** While the project is looked for: each would be waited for later. Whoever uses one hears of its failure. */
function preloadEnvironment(): void {
  Promise.all([
    import("./project_environment.ts"),
    import("../environments/environments.ts"),
    import("../environments/python_provider.ts"),
    import("../environments/store.ts"),
    import("../environments/bytecode.ts"),
  ]).catch(() => {});
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
      environment: image === undefined
        ? environment
        : { note: (await import("./project_container.ts")).shownContainer(image) },
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
          ...projectTags(
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
    return refuseRun(error, {
      entryPoint: request.entryPoint,
      signal: options.signal,
      choices: "--experiment-name, --experiment-id and --run-name choose others",
    });
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
  return await reportEnvironment(
    "docker",
    { clock: Date.now, emit: (event) => reporter.report(event) },
    async (tell) => {
      let isNew = false;
      const container = await prepareContainer(project, environment, {
        ...{ variables, folder, signal, dockerArguments, buildsImage },
        onProgress(message) {
          isNew = true;
          tell({ is: "installing", message });
        },
      });
      return { ...container, isNew };
    },
  );
}

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
