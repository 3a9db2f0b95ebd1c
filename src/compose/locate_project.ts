/** Finds an MLflow project: its folder, what its files say, and what its runs say of where it comes from. */
import { join, normalize, resolve } from "node:path";
import { isConfinedPath } from "../core/confined_path.ts";
import { refuse } from "../core/error.ts";
import { isFolderThere, isThere } from "../core/is_there.ts";
import type { MlflowProject } from "../core/mlproject.ts";
import { removeTree } from "../core/remove_tree.ts";
import { showValue } from "../core/parameter.ts";
import { refuseFile } from "../mlproject/refuse_file.ts";
import { findMlproject } from "./find_mlproject.ts";
import { findGitCheckout, findGitCommit } from "./git_checkout.ts";
import { cacheIfThere, rememberReading } from "./remember_reading.ts";
import { readProjectFile } from "./read_project_file.ts";
import { findProjectSource, type ProjectSource, shownUri } from "./project_source.ts";

export interface LocatedProject {
  readonly project: MlflowProject;
  /** Absolute: where its entry points run. */
  readonly folder: string;
  /** Where its lock lies: `folder`, or what was fetched, of which `folder` is a copy. */
  readonly lockFolder: string;
  readonly origin: ProjectOrigin;
  /** Removes the copy. */
  remove(): Promise<void>;
}

/** What a run says of where its project comes from. */
export interface ProjectOrigin {
  /** As MLflow's tag `mlflow.source.name` has it. */
  readonly source: string;
  readonly commit: string | undefined;
  readonly remoteUrl: string | undefined;
  /** The branch that was asked for by its name. */
  readonly branch?: string;
  /** Names what was fetched from elsewhere; undefined for a folder of the user's. */
  readonly fetched?: string;
}

export interface LocateOptions {
  readonly version?: string;
  readonly workingFolder: string;
  /** The user's cache folder of sluice. */
  readonly cache: () => string;
  readonly variables: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** What is fetched is copied for the run, which may write into it. Throws PROJECT_NOT_FOUND and PROJECT_FILE_INVALID. */
export async function locateProject(uri: string, options: LocateOptions): Promise<LocatedProject> {
  const source = await findProjectSource(uri, options.version, options.workingFolder);
  if (source.is === "folder") {
    const folder = join(source.folder, source.below);
    await requireFolder(uri, folder);
    const origin = {
      source: source.below === "" ? sourceOf(folder) : uri,
      commit: findGitCommit(folder),
      remoteUrl: findGitCheckout(folder)?.remoteUrl,
    };
    return {
      project: await readProject(folder, options),
      folder,
      lockFolder: folder,
      origin,
      remove: () => Promise.resolve(),
    };
  }
  const { fetched, origin } = source.is === "git"
    ? await fromGit(uri, source, options)
    : await fromZip(uri, source, options);
  const lockFolder = join(fetched, source.below);
  await requireFolder(uri, lockFolder);
  await requireWithin(fetched, lockFolder, source.below);
  const project = await readProject(lockFolder, options);
  const { environment } = project;
  for (const file of [project.file, environment.is === "docker" ? undefined : environment.file]) {
    if (file !== undefined) await requireWithin(fetched, join(lockFolder, file), file);
  }
  const copy = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-project-" }));
  const remove = () => removeTree(copy).catch(() => {});
  try {
    await copyFolder(fetched, copy, options);
  } catch (error) {
    await remove();
    throw error;
  }
  return { project, folder: join(copy, source.below), lockFolder, origin, remove };
}

async function fromGit(uri: string, source: Extract<ProjectSource, { is: "git" }>, options: LocateOptions) {
  const { fetchGit } = await import("./fetch_git.ts");
  const cache = options.cache();
  const { folder, commit, branch } = await fetchGit(source, {
    cache,
    variables: options.variables,
    signal: options.signal,
  });
  const isOwn = source.url === `file://${resolve(options.workingFolder, uri.split("#")[0]!)}`;
  const origin: ProjectOrigin = {
    source: shownUri(uri),
    commit,
    remoteUrl: shownUri(source.url),
    ...(branch === undefined ? {} : { branch }),
    ...(isOwn ? {} : { fetched: `commit ${commit}` }),
  };
  return { fetched: folder, origin };
}

async function fromZip(uri: string, source: Extract<ProjectSource, { is: "zip" }>, options: LocateOptions) {
  const { fetchZip } = await import("./fetch_zip.ts");
  const { folder, digest } = await fetchZip(source.location, options.cache(), options.signal);
  const origin: ProjectOrigin = {
    source: shownUri(uri),
    commit: undefined,
    remoteUrl: undefined,
    fetched: `archive ${digest}`,
  };
  return { fetched: folder, origin };
}

/** Links as links: what a stranger's leads to is not looked at. */
export async function copyFolder(
  from: string,
  to: string,
  { variables, signal }: Pick<LocateOptions, "signal" | "variables">,
): Promise<void> {
  const { runProgram } = await import("../environments/run_program.ts");
  const run = { program: "cp", arguments: ["-a", "--", `${from}/.`, to], variables, folder: from, signal };
  const { code, stderr } = await runProgram(run);
  if (code === 0) return;
  refuse({
    code: "FOLDER_NOT_WRITABLE",
    message: `Cannot copy the project to \`${to}\``,
    details: stderr.trim(),
    hint: "See that the temporary folder has room; TMPDIR names another",
  });
}

async function requireFolder(uri: string, folder: string): Promise<void> {
  if (await isFolderThere(folder)) return;
  refuse({
    code: "PROJECT_NOT_FOUND",
    message: `Cannot run project \`${shownUri(uri)}\` as it has no such folder`,
    hint: "What stands after `#` is a folder below its top",
  });
}

/** A link of what was fetched may lead anywhere. */
async function requireWithin(root: string, path: string, file: string): Promise<void> {
  const [top, real] = await Promise.all([Deno.realPath(root), Deno.realPath(path)]);
  if (real !== top && !real.startsWith(`${top}/`)) {
    refuseFile(file, "it is a link that leads out of the project");
  }
}

async function readProject(folder: string, { cache }: LocateOptions): Promise<MlflowProject> {
  const file = await findMlproject(folder);
  const beside = {
    hasPythonEnv: await isThere(join(folder, "python_env.yaml")),
    hasCondaEnv: await isThere(join(folder, "conda.yaml")),
  };
  const text = file === undefined ? undefined : await readProjectFile(folder, file);
  const project = await rememberReading(cacheIfThere(cache), { file, text, beside }, async () => {
    const { projectWithoutFile, readMlproject } = await import("../mlproject/read_mlproject.ts");
    return file === undefined ? projectWithoutFile(beside) : readMlproject(text!, file, beside);
  });
  const { environment } = project;
  if (environment.is !== "docker" && environment.file !== undefined) {
    await requireBeside(folder, environment.file, file ?? environment.file);
  }
  return project;
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
