/** Writes a `pipeline.ts` that does what an MLflow project or a dvc.yaml does. */
import { basename, dirname, join, normalize, resolve } from "node:path";
import { writeAtomically } from "../core/atomic_write.ts";
import { isConfinedPath } from "../core/confined_path.ts";
import { refuse } from "../core/error.ts";
import { showValue } from "../core/parameter.ts";
import { removeTree } from "../core/remove_tree.ts";
import { isSystemError } from "../core/system_error.ts";
import type { PipelineModule } from "../mlproject/pipeline_module.ts";
import type { ProjectSurroundings } from "../mlproject/project_module.ts";
import { mostYamlBytes, refuseFile } from "../mlproject/refuse_file.ts";
import { copyFolder, type LocatedProject, type LocateOptions, locateProject } from "./locate_project.ts";
import { readProjectFile } from "./read_project_file.ts";

export interface ImportRequest {
  /** A folder, an address of git or an archive, as of `sluice run`; or the path of an `MLproject` or a `dvc.yaml`. */
  readonly uri: string;
  /** Where to write, as typed; `pipeline.ts` in the project's folder, or in a new one for what is fetched. */
  readonly output?: string;
  /** Whether a file that is there is written over. */
  readonly isForced: boolean;
  /** Where the packages of a conda.yaml are from; absent: from PyPI where a channel cannot be reached. */
  readonly environmentManager?: "conda" | "uv";
  /** The text of a deno.json that finds sluice, for where there is none. */
  readonly settings: string;
}

/** What was written. */
export interface Imported {
  /** Absolute, the pipeline first. */
  readonly files: readonly string[];
  /** The file that it was made of. */
  readonly origin: string;
  /** What is other than it was there, and what is left out; the module says the same. */
  readonly notes: readonly string[];
  readonly steps: readonly string[];
}

/**
 * Nothing of the project runs. The pipeline lies where the project's files do: a project that is fetched, or whose pipeline is
 * to lie elsewhere, is copied into the pipeline's folder, which must be new or empty.
 *
 * Throws PROJECT_NOT_FOUND, PROJECT_FILE_INVALID, FOLDER_NOT_EMPTY and FOLDER_NOT_WRITABLE; then nothing is written.
 */
export async function importProject(request: ImportRequest, options: LocateOptions): Promise<Imported> {
  const { uri, only } = splitFile(request.uri);
  const located = await locateProject(uri, options);
  try {
    const module = await readModule(located, uri, only, request.environmentManager, options);
    const place = findPlace(request, uri, located, options.workingFolder);
    const { writePipelineModule } = await import("../mlproject/write_pipeline_module.ts");
    const text = writePipelineModule(module);
    const files = place.isCopy
      ? await writeCopy(located, place.path, text, request, options)
      : await writeBeside(place.path, text, request, options);
    return {
      files,
      origin: module.origin,
      notes: [...module.notes, ...module.steps.flatMap(({ notes }) => notes)],
      steps: module.steps.map(({ name }) => name),
    };
  } finally {
    await located.remove();
  }
}

/** The file that was named in the place of its folder. */
function splitFile(uri: string): { readonly uri: string; readonly only?: "dvc.yaml" | "MLproject" } {
  const name = basename(uri);
  const only = name === "dvc.yaml"
    ? "dvc.yaml"
    : name.toLowerCase() === "mlproject" && isFile(uri)
    ? "MLproject"
    : undefined;
  return only === undefined ? { uri } : { uri: dirname(uri), only };
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function readModule(
  located: LocatedProject,
  uri: string,
  only: "dvc.yaml" | "MLproject" | undefined,
  manager: ImportRequest["environmentManager"],
  options: LocateOptions,
): Promise<PipelineModule> {
  const { project, folder } = located;
  if (project.file !== undefined && only !== "dvc.yaml") {
    return await readProjectModule(located, uri, manager, options);
  }
  if (only !== "MLproject" && await isThere(join(folder, "dvc.yaml"))) {
    return await readDvcModule(located, uri);
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
  uri: string,
  manager: ImportRequest["environmentManager"],
  options: LocateOptions,
): Promise<PipelineModule> {
  const { projectModule } = await import("../mlproject/project_module.ts");
  const { environment } = project;
  const text = await readProjectFile(folder, project.file!);
  const around = { folderName: nameOfPlace(uri, folder), text };
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

async function readDvcModule({ folder }: LocatedProject, uri: string): Promise<PipelineModule> {
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
    folderName: nameOfPlace(uri, folder),
    ...(hasRequirements ? { requirements: "requirements.txt" } : {}),
    look: (path) => lookBeside(folder, path),
    read: (path) => {
      const real = realBeside(folder, path);
      return real === undefined || Deno.statSync(real).size > mostYamlBytes
        ? undefined
        : Deno.readTextFileSync(real);
    },
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

function readBeside(folder: string, path: string): string | undefined {
  const real = realBeside(folder, path);
  if (real === undefined) return undefined;
  const { size, isFile } = Deno.statSync(real);
  if (!isFile || size > mostYamlBytes) refuseFile(path, "it is no file of at most 256 KiB");
  return Deno.readTextFileSync(real);
}

function lookBeside(folder: string, path: string): "file" | "folder" | undefined {
  const real = realBeside(folder, path);
  if (real === undefined) return undefined;
  return Deno.statSync(real).isDirectory ? "folder" : "file";
}

/** `project` of `https://host/group/project.git`, `project.zip` and a folder of that name. */
function nameOfPlace(uri: string, folder: string): string {
  if (!/:|\.zip(#|$)/.test(uri)) return basename(folder);
  const [path = "", below = ""] = uri.split("#");
  return basename(below === "" ? path.replace(/\/+$/, "").replace(/\.(git|zip)$/, "") : below) || "project";
}

interface Place {
  readonly path: string;
  /** The project's files go there as well. */
  readonly isCopy: boolean;
}

function findPlace(
  { output }: ImportRequest,
  uri: string,
  { folder, lockFolder }: LocatedProject,
  workingFolder: string,
): Place {
  const isOwn = folder === lockFolder;
  if (output === undefined) {
    return isOwn
      ? { path: join(folder, "pipeline.ts"), isCopy: false }
      : { path: join(workingFolder, nameOfPlace(uri, folder), "pipeline.ts"), isCopy: true };
  }
  const path = resolve(workingFolder, output);
  if (!/\.ts$/.test(path)) {
    refuse({
      code: "ARGUMENT_INVALID",
      message: `Cannot write \`${showValue(output)}\` as the name of a module ends in \`.ts\``,
      hint: "Such as `-o pipeline.ts`",
    });
  }
  const target = dirname(path);
  if (isOwn && target === folder) return { path, isCopy: false };
  if (isOwn && target.startsWith(`${folder}/`)) {
    refuse({
      code: "ARGUMENT_INVALID",
      message: `Cannot write \`${showValue(output)}\` as that is a folder within the project`,
      hint: "A pipeline lies in the folder in which its commands run: leave `-o` out, or name a new folder",
    });
  }
  return { path, isCopy: true };
}

async function writeBeside(
  path: string,
  text: string,
  { isForced, settings }: ImportRequest,
  options: LocateOptions,
): Promise<string[]> {
  if (!isForced && await isThere(path)) refuseThere(path);
  const folder = dirname(path);
  const formatted = await format(text, folder, options);
  return await unlessNotWritable(folder, async () => {
    await writeAtomically(path, formatted);
    if (await hasSettings(folder)) return [path];
    const settingsPath = join(folder, "deno.json");
    await writeAtomically(settingsPath, settings);
    return [path, settingsPath];
  });
}

async function writeCopy(
  { folder }: LocatedProject,
  path: string,
  text: string,
  { settings }: ImportRequest,
  options: LocateOptions,
): Promise<string[]> {
  const target = dirname(path);
  const names = await Array.fromAsync(Deno.readDir(target), ({ name }) => name).catch(() => []);
  const [first] = names.sort();
  if (first !== undefined) {
    refuse({
      code: "FOLDER_NOT_EMPTY",
      message: `Cannot import into \`${showValue(target)}\` as it holds \`${showValue(first)}\``,
      hint: "The project's files are copied there: name a new folder, as in `-o NEW/pipeline.ts`",
    });
  }
  return await unlessNotWritable(target, async () => {
    await Deno.mkdir(dirname(target), { recursive: true });
    const part = join(dirname(target), `.${basename(target)}.${crypto.randomUUID()}`);
    await Deno.mkdir(part);
    try {
      await copyFolder(folder, part, options);
      await removeTree(join(part, ".git")).catch(() => {});
      const name = basename(path);
      if (await isThere(join(part, name))) refuseThere(join(folder, name));
      const written = [name];
      await Deno.writeTextFile(join(part, name), await format(text, part, options));
      if (!await hasSettings(part)) {
        await Deno.writeTextFile(join(part, "deno.json"), settings);
        written.push("deno.json");
      }
      await Deno.remove(target).catch(() => {});
      await Deno.rename(part, target);
      return written.map((each) => join(target, each));
    } catch (error) {
      await removeTree(part).catch(() => {});
      throw error;
    }
  });
}

/** As `deno fmt` leaves it in that folder, whose own settings count. */
async function format(text: string, folder: string, { variables, signal }: LocateOptions): Promise<string> {
  const { runProgram } = await import("../environments/run_program.ts");
  for (const config of [[], ["--no-config"]]) {
    const { code, stdout } = await runProgram({
      program: Deno.execPath(),
      arguments: ["fmt", "--quiet", ...config, "--ext", "ts", "-"],
      variables,
      folder,
      stdin: text,
      signal,
    });
    if (code === 0) return stdout;
  }
  throw new Error("deno fmt cannot read the module");
}

/** Whether Deno finds settings for the folder: its own, or those of one above. */
async function hasSettings(folder: string): Promise<boolean> {
  for (let at = folder;; at = dirname(at)) {
    for (const name of ["deno.json", "deno.jsonc"]) if (await isThere(join(at, name))) return true;
    if (at === dirname(at)) return false;
  }
}

const isThere = (path: string): Promise<boolean> => Deno.lstat(path).then(() => true, () => false);

function refuseThere(path: string): never {
  return refuse({
    code: "FOLDER_NOT_EMPTY",
    message: `Cannot write \`${showValue(path)}\` as it is there already`,
    hint: "Name another file, as in `-o imported.ts`, or write over it with `--force`",
  });
}

async function unlessNotWritable<T>(folder: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return refuse({
      code: "FOLDER_NOT_WRITABLE",
      message: `Cannot write to \`${showValue(folder)}\`: ${error.message}`,
      hint: "Name a file in a folder of your own, as in `-o NEW/pipeline.ts`",
    });
  }
}
