/** Finds an MLflow project: its folder, what its files say, and what its runs say of where it comes from. */
import { join, normalize, resolve } from "node:path";
import { isConfinedPath } from "../core/confined_path.ts";
import type { EnvironmentSpec } from "../core/environment.ts";
import { refuse } from "../core/error.ts";
import { fileURLToPath } from "../core/file_url.ts";
import type { MlflowProject } from "../core/mlproject.ts";
import { showValue } from "../core/parameter.ts";
import { condaAsPypi } from "../mlproject/conda_as_pypi.ts";
import { readCondaEnv } from "../mlproject/read_conda_env.ts";
import { projectWithoutFile, readMlproject } from "../mlproject/read_mlproject.ts";
import { readPythonEnv } from "../mlproject/read_python_env.ts";
import { mostYamlBytes, refuseFile } from "../mlproject/read_yaml.ts";
import { findMlproject } from "./find_mlproject.ts";
import { findGitCheckout } from "./git_checkout.ts";

export interface LocatedProject {
  readonly project: MlflowProject;
  /** Absolute. */
  readonly folder: string;
  /** As MLflow's tag `mlflow.source.name` has it. */
  readonly source: string;
}

/**
 * `uri` is a folder or a `file://` address of one, perhaps with `#` and a folder below it.
 * Throws PROJECT_NOT_FOUND and PROJECT_FILE_INVALID.
 */
export async function locateProject(uri: string, workingFolder: string): Promise<LocatedProject> {
  const { folder, source } = await locateFolder(uri, workingFolder);
  const file = await findMlproject(folder);
  const beside = {
    hasPythonEnv: await isThere(join(folder, "python_env.yaml")),
    hasCondaEnv: await isThere(join(folder, "conda.yaml")),
  };
  const project = file === undefined
    ? projectWithoutFile(beside)
    : readMlproject(await readProjectFile(folder, file), file, beside);
  const { environment } = project;
  if (environment.is !== "docker" && environment.file !== undefined) {
    await requireBeside(folder, environment.file, file ?? environment.file);
  }
  return { project, folder, source };
}

async function locateFolder(uri: string, workingFolder: string) {
  const [written = "", ...rest] = uri.replace(/^['"]+|['"]+$/g, "").split("#");
  const below = rest.join("#");
  const notFound = (because: string, hint: string) =>
    refuse({
      code: "PROJECT_NOT_FOUND",
      message: `Cannot run project \`${showValue(uri)}\` as ${because}`,
      hint,
    });
  if (below.includes(".")) {
    return notFound("its folder below has a point in its name", "Name the folder itself, without `#`");
  }
  const isAddress = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(written);
  if (isAddress && !written.startsWith("file://")) {
    return notFound("it is no folder of this machine", "Clone it, and name the folder");
  }
  const path = written.startsWith("file://") ? pathOfAddress(written) : resolve(workingFolder, written);
  const folder = path === undefined ? undefined : join(path, below);
  const info = folder === undefined ? undefined : await Deno.stat(folder).catch(() => undefined);
  if (folder === undefined || !info?.isDirectory) {
    return notFound("there is no such folder", "Name a folder with an MLproject, or with a script to run");
  }
  return { folder, source: below !== "" && !isAddress ? uri : sourceOf(folder) };
}

function pathOfAddress(address: string): string | undefined {
  try {
    return fileURLToPath(address);
  } catch {
    return undefined;
  }
}

/** `file://` and the top of the git checkout, `#` and the folder below it; without git the folder alone. */
function sourceOf(folder: string): string {
  const top = findGitCheckout(folder)?.folder;
  if (top === undefined) return folder;
  return folder === top ? `file://${top}` : `file://${top}#${folder.slice(top.length + 1)}`;
}

async function requireBeside(folder: string, path: string, file: string): Promise<void> {
  if (!isConfinedPath(normalize(path))) {
    refuseFile(
      file,
      `it names the environment file \`${showValue(path)}\`, which is not below the project`,
      undefined,
      "Put it into the project's folder",
    );
  }
  if (await isThere(join(folder, path))) return;
  refuseFile(file, `it names the environment file \`${showValue(path)}\`, which is not there`);
}

/** What the environment of a project is made from. Throws PROJECT_FILE_INVALID. */
export async function projectEnvironment({ project, folder }: LocatedProject): Promise<EnvironmentSpec> {
  const { environment } = project;
  switch (environment.is) {
    case "python": {
      const { file } = environment;
      const { python, requirements } = file === undefined
        ? { requirements: [] }
        : readPythonEnv(await readProjectFile(folder, file), file);
      return {
        kind: "python",
        requirements: { from: "list", requirements },
        ...(python === undefined ? {} : { version: python }),
      };
    }
    case "conda": {
      const { file } = environment;
      const { python, requirements } = condaAsPypi(readCondaEnv(await readProjectFile(folder, file), file));
      return {
        kind: "python",
        requirements: { from: "list", requirements },
        ...(python === undefined ? {} : { version: python }),
      };
    }
    case "docker":
      return refuse({
        code: "ENVIRONMENT_INVALID",
        message: `Cannot make the environment of the project as it is one of ${environment.is}`,
        hint: "Use `--env-manager local` with an environment of your own that is active",
      });
  }
}

async function readProjectFile(folder: string, file: string): Promise<string> {
  const path = join(folder, file);
  const { size, isFile } = await Deno.stat(path);
  if (!isFile) refuseFile(file, "it is no file");
  if (size > mostYamlBytes) refuseFile(file, "it is larger than a megabyte");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(await Deno.readFile(path));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return refuseFile(file, "it is no UTF-8 text");
  }
}

const isThere = (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false);
