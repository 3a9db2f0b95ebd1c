/** Reads an MLflow project or a dvc.yaml that is to become a pipeline, and what beside it counts. */
import { join, normalize } from "node:path";
import { isConfinedPath } from "../core/confined_path.ts";
import { refuse } from "../core/error.ts";
import { isThere } from "../core/is_there.ts";
import { showValue } from "../core/parameter.ts";
import type { PipelineModule } from "../mlproject/pipeline_module.ts";
import type { ProjectSurroundings } from "../mlproject/project_module.ts";
import { mostYamlBytes, refuseFile } from "../mlproject/refuse_file.ts";
import type { LocatedProject, LocateOptions } from "./locate_project.ts";
import { readProjectFile } from "./read_project_file.ts";

export type ImportedFileName = "dvc.yaml" | "MLproject";

export interface ImportedProject {
  /** As it was asked for. */
  readonly uri: string;
  /** What the pipeline is named by where the project has no name. */
  readonly folderName: string;
  /** The only file that may be read. */
  readonly only: ImportedFileName | undefined;
  /** Where the packages of a conda.yaml are from; absent: from PyPI where a channel cannot be reached. */
  readonly manager: "conda" | "uv" | undefined;
}

/** Throws PROJECT_NOT_FOUND where there is nothing to import, and PROJECT_FILE_INVALID. */
export async function readImportedModule(
  located: LocatedProject,
  asked: ImportedProject,
  options: LocateOptions,
): Promise<PipelineModule> {
  const { project, folder } = located;
  const { uri, only } = asked;
  if (project.file !== undefined && only !== "dvc.yaml") {
    return await readProjectModule(located, asked, options);
  }
  if (only !== "MLproject" && await isThere(join(folder, "dvc.yaml"))) {
    return await readDvcModule(folder, asked.folderName);
  }
  return refuse({
    code: "PROJECT_NOT_FOUND",
    message: `Cannot import \`${showValue(uri)}\` as there is neither an MLproject nor a dvc.yaml in it`,
    at: { file: folder },
    hint: "Name the folder that has one; `URI#folder` is one below the top",
  });
}

async function readProjectModule(
  { project, folder }: LocatedProject,
  { folderName, manager }: ImportedProject,
  options: LocateOptions,
): Promise<PipelineModule> {
  const { projectModule } = await import("../mlproject/project_module.ts");
  const { environment } = project;
  const text = await readProjectFile(folder, project.file!);
  const around = { folderName, text };
  if (environment.is === "conda" && manager !== "conda") {
    const pypi = await findPypi(folder, environment.file, manager === "uv", options);
    return projectModule(project, { ...around, ...(pypi === undefined ? {} : { pypi }) });
  }
  if (environment.is !== "python" || environment.file === undefined) return projectModule(project, around);
  const { readPythonEnv } = await import("../mlproject/read_python_env.ts");
  const pythonEnv = readPythonEnv(await readProjectFile(folder, environment.file), environment.file);
  return projectModule(project, { ...around, pythonEnv });
}

/** The packages of a conda.yaml as PyPI has them, where that is asked for, or no channel answers. */
async function findPypi(
  folder: string,
  file: string,
  isAsked: boolean,
  { variables, signal }: LocateOptions,
): Promise<ProjectSurroundings["pypi"]> {
  const [{ readCondaEnv }, { condaAsPypi }, { channelAddresses, findUnreachable }] = await Promise.all([
    import("../mlproject/read_conda_env.ts"),
    import("../mlproject/conda_as_pypi.ts"),
    import("../environments/conda_channels.ts"),
  ]);
  const conda = readCondaEnv(await readProjectFile(folder, file), file);
  if (isAsked) return { env: condaAsPypi(conda), why: "as was asked for" };
  const unreachable = await findUnreachable(await channelAddresses(conda.channels, variables), signal);
  if (unreachable === undefined) return undefined;
  return { env: condaAsPypi(conda), why: `as the channel ${unreachable} cannot be reached` };
}

async function readDvcModule(folder: string, folderName: string): Promise<PipelineModule> {
  const [{ readDvc }, { dvcModule }] = await Promise.all([
    import("../mlproject/read_dvc.ts"),
    import("../mlproject/dvc_module.ts"),
  ]);
  const file = "dvc.yaml";
  const texts = new Map<string, string | undefined>();
  const read = (path: string): string | undefined => {
    if (!texts.has(path)) texts.set(path, readBeside(folder, path));
    return texts.get(path);
  };
  const dvc = readDvc(await readProjectFile(folder, file), file, read);
  const hasRequirements = await isThere(join(folder, "requirements.txt"));
  return dvcModule(dvc, {
    file,
    folderName,
    ...(hasRequirements ? { requirements: "requirements.txt" } : {}),
    look: (path) => lookBeside(folder, path),
    read: (path) => isReadable(folder, path) ? read(path) : undefined,
  });
}

/** Where a path below `folder` really leads; undefined for what is not there, or leads out of it. */
function realBeside(folder: string, path: string): string | undefined {
  if (!isConfinedPath(normalize(path))) return undefined;
  try {
    const [root, real] = [Deno.realPathSync(folder), Deno.realPathSync(join(folder, path))];
    return real.startsWith(`${root}/`) ? real : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it is a file of a size that texts have. */
function isReadable(folder: string, path: string): boolean {
  const real = realBeside(folder, path);
  if (real === undefined) return false;
  const { size, isFile } = Deno.statSync(real);
  return isFile && size <= mostYamlBytes;
}

/** Throws PROJECT_FILE_INVALID for what is there and is no text that may be read. */
function readBeside(folder: string, path: string): string | undefined {
  const real = realBeside(folder, path);
  if (real === undefined) return undefined;
  if (!isReadable(folder, path)) refuseFile(path, "it is no file of at most 256 KiB");
  return Deno.readTextFileSync(real);
}

function lookBeside(folder: string, path: string): "file" | "folder" | undefined {
  const real = realBeside(folder, path);
  if (real === undefined) return undefined;
  return Deno.statSync(real).isDirectory ? "folder" : "file";
}
