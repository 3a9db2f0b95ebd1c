/**
 * Runs an entry point of an MLflow project as the steps of a pipeline are run: after those that it depends on, each in a
 * copy of the project's folder, held by a sandbox, and taken from the cache where nothing has changed.
 */
import { basename, join, relative, resolve } from "node:path";
import type { EnvironmentSpec } from "../core/environment.ts";
import { findReach } from "../core/entry_point.ts";
import { refuse, unwrap } from "../core/error.ts";
import { pathToFileURL } from "../core/file_url.ts";
import { findLook } from "../core/look.ts";
import type { ProjectEntryPoint } from "../core/mlproject.ts";
import type { Reporter } from "../core/ports/reporter.ts";
import { fillCommand, type Values } from "../mlproject/fill_command.ts";
import { resolveProjectArguments } from "../mlproject/project_arguments.ts";
import { shareParameters } from "../mlproject/project_closure.ts";
import { projectPipeline, type ProjectStep } from "../mlproject/project_pipeline.ts";
import { executeResolved } from "./execute_request.ts";
import { findProjectExperiment } from "./find_experiment.ts";
import type { LocatedProject } from "./locate_project.ts";
import { imageSpec, shownContainer } from "./project_container.ts";
import type { AskedEnvironment } from "./project_environment.ts";
import { packagesTags } from "./project_tags.ts";
import {
  type LocatedValues,
  locateValues,
  type PathSurroundings,
  withPathSurroundings,
} from "./project_paths.ts";
import type { ProjectCaller, ProjectEnded, ShownProjectOptions } from "./project_request.ts";
import { userName } from "./run_origin.ts";
import { sluiceVersion } from "./version.ts";
import { findWritten, writeBack } from "./written_files.ts";

/**
 * `closure` has the asked entry point last; `given` is what was typed.
 *
 * Throws a `SluiceError` for what is wrong before the run begins. What the steps wrote is in the project's folder at the
 * end, unless that was fetched from elsewhere.
 */
export async function runProjectSteps(
  located: LocatedProject,
  closure: readonly ProjectEntryPoint[],
  given: Values,
  caller: ProjectCaller,
  options: ShownProjectOptions,
): Promise<ProjectEnded> {
  if (options.runId !== undefined) {
    refuse({
      code: "ARGUMENT_INVALID",
      message: "Cannot use `--run-id` with steps, each of which has a run of its own",
      hint: "Leave it out",
    });
  }
  const shared = shareParameters(closure, given);
  const asked = closure.map((entryPoint): ProjectStep => ({
    entryPoint,
    ...unwrap(resolveProjectArguments(entryPoint, shared.get(entryPoint.name)!)),
  }));
  const { variables } = caller;
  const { reporter, signal, environmentManager: manager, sandbox = "auto" } = options;
  const image = located.project.environment.is === "docker" ? located.project.environment : undefined;
  const environment: Pick<AskedEnvironment, "name" | "note" | "spec"> | undefined = image !== undefined
    ? { name: "docker", spec: imageSpec(located.project, image, { ...options, variables }) }
    : manager === "local"
    ? undefined
    : await (await import("./project_environment.ts")).findEnvironment(located, manager, {
      ...caller,
      signal,
    });
  const net = sandbox !== "require";
  if (located.origin.fetched !== undefined) {
    const { approveProject } = await import("./approve_project.ts");
    await approveProject({
      uri: located.origin.source,
      fetched: located.origin.fetched,
      commands: asked.map((step) => unwrap(fillCommand(step.entryPoint, step.values, step.extra))),
      environment: image === undefined ? environment : { note: shownContainer(image) },
      touches: sandbox === "off" ? "everything" : net ? "own files and network" : "own files",
      isGiven: options.isApproved ?? false,
      cache: caller.cache(),
    });
  }
  if (environment?.note !== undefined) warn(reporter, environment.note);
  const fetched: LocatedValues[] = [];
  try {
    const steps: ProjectStep[] = [];
    await withPathSurroundings(caller, options, async (surroundings) => {
      for (const step of asked) {
        const found = await locateValues(withPathsMadeBefore(step, surroundings), step.values, surroundings);
        fetched.push(found);
        steps.push({ ...step, values: relativeTo(located.folder, step.entryPoint, found.values) });
      }
    });
    const spec = environment?.spec ?? await hostSpec(variables, located.folder, signal);
    return await runSteps(located, steps, { spec, net, name: environment?.name }, variables, options);
  } finally {
    for (const { remove } of fetched) await remove();
  }
}

interface StepSurroundings {
  readonly spec: EnvironmentSpec;
  /** Of what made the environment; undefined for what is on PATH. */
  readonly name: string | undefined;
  readonly net: boolean;
}

async function runSteps(
  located: LocatedProject,
  steps: readonly ProjectStep[],
  { spec, net, name }: StepSurroundings,
  variables: Readonly<Record<string, string>>,
  options: ShownProjectOptions,
): Promise<ProjectEnded> {
  const { project, folder, lockFolder, origin } = located;
  const isOwn = folder === lockFolder;
  const names = new Set(steps.map(({ entryPoint }) => entryPoint.name));
  const { definition, parameters } = unwrap(projectPipeline(steps, {
    name: project.name ?? basename(folder),
    module: pathToFileURL(join(folder, project.file ?? "MLproject")).href,
    environment: spec,
    net,
    cache: true,
    except: isOwn ? await findWritten(folder, names) : [],
  }));
  const entryPoint = steps.at(-1)!.entryPoint.name;
  const reach = findReach(definition, entryPoint)!;
  return await executeResolved(definition, { entryPoint, reach, parameters }, {
    ...options,
    origin: {
      user: userName(),
      source: origin.source,
      version: sluiceVersion,
      ...(origin.commit === undefined ? {} : { gitCommit: origin.commit }),
      ...(origin.remoteUrl === undefined ? {} : { repositoryUrl: origin.remoteUrl }),
      ...(origin.branch === undefined ? {} : { branch: origin.branch }),
      environmentManager: name ?? "local",
      stepTags: name === undefined ? [] : packagesTags(project, spec),
    },
    findExperiment: (tracker) => findProjectExperiment(tracker, options, variables),
    lockFolder,
    ...(isOwn
      ? {
        onEnded: (plan, reports) =>
          writeBack(folder, plan, reports, (message) => warn(options.reporter, message)),
      }
      : {}),
  });
}

const warn = ({ report }: Reporter, message: string): void =>
  report({ is: "warning", at: Date.now(), message });

async function hostSpec(
  variables: Readonly<Record<string, string>>,
  folder: string,
  signal: AbortSignal,
): Promise<EnvironmentSpec> {
  const { findHostPython } = await import("./host_python.ts");
  const python = await findHostPython(variables, folder, signal);
  return python === undefined ? { kind: "host" } : { kind: "host", python };
}

/** A path that is not there yet is one that an earlier step may make, in the project's folder. */
function withPathsMadeBefore(
  { entryPoint, values }: ProjectStep,
  { workingFolder }: PathSurroundings,
): ProjectEntryPoint {
  if (entryPoint.needs.length === 0) return entryPoint;
  const isThere = (path: string) => findLook(resolve(workingFolder, path)) !== undefined;
  const parameters = entryPoint.parameters.map((parameter) => {
    const value = values.get(parameter.name)!;
    const isMade = parameter.type === "path" && !/^[a-z][a-z0-9+.-]*:/i.test(value) && !isThere(value);
    return isMade ? { ...parameter, type: "string" as const } : parameter;
  });
  return { ...entryPoint, parameters };
}

/** Steps find what is in the project's folder in their copy of it. */
function relativeTo(folder: string, { parameters }: ProjectEntryPoint, values: Values): Values {
  const paths = new Set(parameters.filter(({ type }) => type === "path").map(({ name }) => name));
  return new Map(
    [...values].map(([name, value]) => {
      const isIn = paths.has(name) && (value === folder || value.startsWith(`${folder}/`));
      return [name, isIn ? relative(folder, value) || "." : value] as const;
    }),
  );
}
