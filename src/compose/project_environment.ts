/** The environment of an MLflow project: what its files name, made by uv. */
import type { EnvironmentSpec } from "../core/environment.ts";
import { refuse } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import type { MlflowProject } from "../core/mlproject.ts";
import type { Tag } from "../core/tracking.ts";
import type { Reporter } from "../core/ports/reporter.ts";
import type { PythonEnv } from "../mlproject/read_python_env.ts";
import type { EntryPointRun } from "../scheduler/execute_entry_point.ts";
import type { LocatedProject } from "./locate_project.ts";
import { openProjectEnvironments } from "./open_project_environments.ts";
import { readProjectFile } from "./read_project_file.ts";
import { cacheIfThere, rememberReading } from "./remember_reading.ts";

/** Who makes the environment. All but `local` are made by uv; the name is what the run is told of. */
export type EnvironmentManager = "conda" | "local" | "uv" | "virtualenv";

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
  cache: () => string,
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
  const spec = await specOf(located, cache);
  const told = environment.is === "conda" ? { name, note: pypiNote(environment.file) } : { name };
  return {
    ...told,
    spec,
    make: (variables, options) => makeEnvironment(spec, told, located.lockFolder, variables, options),
  };
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
    const begun = performance.now();
    const ready = await environments.prepare(spec, {
      signal,
      onProgress: (progress) =>
        report({ is: "environment-progress", at: Date.now(), environment: name, progress }),
    });
    const tookMs = Math.round(performance.now() - begun);
    report({ is: "environment-ready", at: Date.now(), environment: name, isNew: ready.isNew, tookMs });
    const packages = ready.hasMlflow ? (await environments.contents(spec))?.packages : undefined;
    const mlflow = packages?.["mlflow"] ?? packages?.["mlflow-skinny"];
    return { ...ready, ...(mlflow === undefined ? {} : { mlflow }) };
  } finally {
    await environments.close();
  }
}

/** That what conda would install came from elsewhere. */
export const packagesTags = ({ environment }: MlflowProject): Tag[] =>
  environment.is === "conda" ? [{ key: "sluice.packages", value: "pypi" }] : [];

const pypiNote = (file: string): string =>
  `The packages of ${file} are taken from PyPI, where conda's own builds and what is not of Python are not to be had`;

async function specOf(
  { project: { environment }, folder }: LocatedProject,
  cache: () => string,
): Promise<EnvironmentSpec> {
  if (environment.is === "docker") throw new Error("a project of docker has no environment that uv makes");
  const { is, file } = environment;
  if (file === undefined) return pythonSpec({ requirements: [] });
  const text = await readProjectFile(folder, file);
  return pythonSpec(
    await rememberReading(cacheIfThere(cache), { is, file, text }, async () => {
      if (is === "python") {
        return (await import("../mlproject/read_python_env.ts")).readPythonEnv(text, file);
      }
      const [{ condaAsPypi }, { readCondaEnv }] = await Promise.all([
        import("../mlproject/conda_as_pypi.ts"),
        import("../mlproject/read_conda_env.ts"),
      ]);
      return condaAsPypi(readCondaEnv(text, file));
    }),
  );
}

const pythonSpec = ({ python, requirements }: PythonEnv): EnvironmentSpec => ({
  kind: "python",
  requirements: { from: "list", requirements },
  ...(python === undefined ? {} : { version: python }),
});
