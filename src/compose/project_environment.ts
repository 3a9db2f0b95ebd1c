/** The environment of an MLflow project: what its files name, made by uv. */
import type { CondaSpec, EnvironmentSpec } from "../core/environment.ts";
import { refuse, SluiceError } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import type { EnvironmentManager } from "../core/mlproject.ts";
import type { Reporter } from "../core/ports/reporter.ts";
import type { PythonEnv } from "../mlproject/read_python_env.ts";
import type { EntryPointRun } from "../scheduler/execute_entry_point.ts";
import type { LocatedProject } from "./locate_project.ts";
import { openProjectEnvironments } from "./open_project_environments.ts";
import { reportEnvironment } from "../scheduler/report_environment.ts";
import { readProjectFile } from "./read_project_file.ts";
import { cacheIfThere, rememberReading } from "./remember_reading.ts";

/** An environment that is yet to be made. */
export interface AskedEnvironment {
  /** What the run is told of. */
  readonly name: string;
  readonly spec: EnvironmentSpec;
  /** What is told before it is made. */
  readonly note?: string;
  /** Throws what environments fail with. */
  make(
    variables: Readonly<Record<string, string>>,
    options: { readonly reporter: Reporter; readonly signal: AbortSignal },
  ): Promise<NonNullable<EntryPointRun["environment"]>>;
}

/** What is to be made for a project. Throws PROJECT_FILE_INVALID and ARGUMENT_INVALID. */
export async function findEnvironment(
  located: LocatedProject,
  asked: Exclude<EnvironmentManager, "local"> | undefined,
  around: EnvironmentSurroundings,
): Promise<AskedEnvironment> {
  const { environment } = located.project;
  if (environment.is === "python" && asked === "conda") {
    return refuse({
      code: "ARGUMENT_INVALID",
      message: "Cannot use `--env-manager conda` as the project names a python_env",
      hint: "Use `--env-manager uv`, `virtualenv` or `local`",
    });
  }
  const name = asked ?? (environment.is === "conda" ? "conda" : "virtualenv");
  const { spec, note } = environment.is === "conda"
    ? await condaOrPypi(located, environment.file, name === "conda", around)
    : { spec: await pythonSpecOf(located, around.cache), note: undefined };
  const told = { name, ...(note === undefined ? {} : { note }) };
  return {
    ...told,
    spec,
    make: (variables, options) => makeEnvironment(spec, told, located.lockFolder, variables, options),
  };
}

/**
 * conda's own packages where its channels can be reached, or where they are locked; else the same from PyPI. What is locked
 * decides, so that nobody is asked at every start.
 */
async function condaOrPypi(
  { folder, lockFolder }: LocatedProject,
  file: string,
  isWanted: boolean,
  { cache, variables, signal }: EnvironmentSurroundings,
): Promise<{ readonly spec: EnvironmentSpec; readonly note?: string }> {
  const text = await readProjectFile(folder, file);
  const remembered = cacheIfThere(cache);
  const conda = await rememberReading(remembered, { is: "conda-spec", file, text }, async () => {
    const { condaSpec, readCondaEnv } = await import("../mlproject/read_conda_env.ts");
    return condaSpec(readCondaEnv(text, file));
  });
  const fromPypi = async () =>
    pythonSpec(
      await rememberReading(remembered, { is: "conda", file, text }, async () => {
        const [{ condaAsPypi }, { readCondaEnv }] = await Promise.all([
          import("../mlproject/conda_as_pypi.ts"),
          import("../mlproject/read_conda_env.ts"),
        ]);
        return condaAsPypi(readCondaEnv(text, file));
      }),
    );
  if (!isWanted) return { spec: await fromPypi(), note: pypiNote(file, "as was asked for") };
  const environments = await openProjectEnvironments(lockFolder, variables);
  try {
    const isLocked = async (spec: EnvironmentSpec) => (await environments.observe(spec)).is === "locked";
    if (await isLocked(conda)) return { spec: conda };
    // Where PyPI has no such packages it is told of when nothing else is left.
    const pypi = await fromPypi().catch((error) => {
      if (error instanceof SluiceError) return undefined;
      throw error;
    });
    if (pypi !== undefined && await isLocked(pypi)) {
      return { spec: pypi, note: pypiNote(file, "as `sluice.lock` has them") };
    }
    const unreachable = await findUnreachableChannel(conda, variables, signal);
    if (unreachable === undefined) return { spec: conda };
    return {
      spec: pypi ?? await fromPypi(),
      note: pypiNote(file, `as the channel ${unreachable} cannot be reached`),
    };
  } finally {
    await environments.close();
  }
}

async function findUnreachableChannel(
  { channels }: CondaSpec,
  variables: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { channelAddresses, findUnreachable } = await import("../environments/conda_channels.ts");
  return await findUnreachable(await channelAddresses(channels, variables), signal);
}

/** Who asks for an environment, and from where. */
export interface EnvironmentSurroundings {
  readonly cache: () => string;
  readonly variables: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

async function makeEnvironment(
  spec: EnvironmentSpec,
  { name, note }: Pick<AskedEnvironment, "name" | "note">,
  lockFolder: string,
  variables: Readonly<Record<string, string>>,
  { reporter, signal }: { readonly reporter: Reporter; readonly signal: AbortSignal },
): ReturnType<AskedEnvironment["make"]> {
  const report = (event: Event) => reporter.report(event);
  if (note !== undefined) report({ is: "warning", at: Date.now(), message: note });
  const environments = await openProjectEnvironments(lockFolder, variables);
  try {
    return await reportEnvironment(name, { clock: Date.now, emit: report }, async (onProgress) => {
      const ready = await environments.prepare(spec, { signal, onProgress });
      const isAsked = ready.isNew || ready.hasMlflow;
      const packages = isAsked ? (await environments.contents(spec))?.packages : undefined;
      const mlflow = packages?.["mlflow"] ?? packages?.["mlflow-skinny"];
      return {
        ...ready,
        ...(packages === undefined ? {} : { packages: Object.keys(packages).length }),
        ...(mlflow === undefined ? {} : { mlflow }),
      };
    });
  } finally {
    await environments.close();
  }
}

const pypiNote = (file: string, why: string): string =>
  `The packages of ${file} are taken from PyPI ${why}: conda's own builds and what is not of Python are not to be had there`;

async function pythonSpecOf(
  { project: { environment }, folder }: LocatedProject,
  cache: () => string,
): Promise<EnvironmentSpec> {
  if (environment.is !== "python") throw new Error("only a python_env is read as one");
  const { is, file } = environment;
  if (file === undefined) return pythonSpec({ requirements: [] });
  const text = await readProjectFile(folder, file);
  return pythonSpec(
    await rememberReading(
      cacheIfThere(cache),
      { is, file, text },
      async () => (await import("../mlproject/read_python_env.ts")).readPythonEnv(text, file),
    ),
  );
}

const pythonSpec = ({ python, requirements }: PythonEnv): EnvironmentSpec => ({
  kind: "python",
  requirements: { from: "list", requirements },
  ...(python === undefined ? {} : { version: python }),
});
