/** Values of `path` and `uri` parameters of an MLflow project, by MLflow's rules. */
import { basename, join, resolve } from "node:path";
import type { EnvironmentProgress } from "../core/environment.ts";
import { refuse, SluiceError } from "../core/error.ts";
import { makeFolder } from "../core/file_tree.ts";
import { isThere } from "../core/is_there.ts";
import type { ProjectEntryPoint, ProjectParameter } from "../core/mlproject.ts";
import { showValue } from "../core/parameter.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { removeTree } from "../core/remove_tree.ts";
import { TrackingError } from "../core/tracking.ts";
import { writeAll } from "../core/write_all.ts";
import type { Values } from "../mlproject/fill_command.ts";
import { declaredParameters } from "../mlproject/project_arguments.ts";
import { openTracker } from "./open_tracker.ts";
import type { ProjectCaller, ShownProjectOptions } from "./project_request.ts";

export interface PathSurroundings {
  readonly workingFolder: string;
  /** Where what is fetched is put; the system's folder of temporary files when absent. */
  readonly storage?: string;
  readonly signal: AbortSignal;
  /** That of the run; asked for artifacts that it keeps. */
  readonly openTracker: () => Promise<Tracker>;
  /** The user's cache folder of sluice. */
  readonly cache: () => string;
  readonly variables: Readonly<Record<string, string>>;
  readonly onProgress: (progress: EnvironmentProgress) => void;
}

export interface LocatedValues {
  /** What the command gets. */
  readonly values: Values;
  /** Removes what was fetched. */
  remove(): Promise<void>;
}

/**
 * A `path` becomes absolute, from the folder where sluice was started; one at an address is fetched: by http, from the
 * tracker, or by MLflow's own client.
 *
 * Throws PARAM_INVALID for a path that is not there, and for a `uri` without a scheme; RUN_INTERRUPTED when it is stopped.
 */
export async function locateValues(
  entryPoint: ProjectEntryPoint,
  values: Values,
  surroundings: PathSurroundings,
): Promise<LocatedValues> {
  const located = new Map<string, string>();
  let folder: string | undefined;
  const remove = async () => {
    if (folder !== undefined) await removeTree(folder).catch(() => {});
  };
  try {
    for (const [index, parameter] of declaredParameters(entryPoint).entries()) {
      const value = values.get(parameter.name)!;
      if (parameter.type !== "path" || !isAddress(value)) {
        located.set(parameter.name, await absoluteValue(parameter, value, surroundings.workingFolder));
        continue;
      }
      folder ??= await makeStorage(surroundings);
      located.set(
        parameter.name,
        await fetchValue(parameter, value, join(folder, `param_${index}`), surroundings),
      );
    }
    return { values: located, remove };
  } catch (error) {
    await remove();
    if (!surroundings.signal.aborted || error instanceof SluiceError) throw error;
    return refuse({
      code: "RUN_INTERRUPTED",
      message: `Run of entry point \`${entryPoint.name}\` was stopped`,
    });
  }
}

/** A file's is none: that is a path. */
const isAddress = (value: string): boolean => /^(?!file:)[a-z][a-z0-9+.-]*:/i.test(value);

async function makeStorage({ storage, workingFolder }: PathSurroundings): Promise<string> {
  if (storage === undefined) return await Deno.makeTempDir({ prefix: "sluice-storage-" });
  const dir = resolve(workingFolder, storage);
  makeFolder(dir);
  return await Deno.makeTempDir({ dir, prefix: "sluice-storage-" });
}

async function absoluteValue(
  parameter: ProjectParameter,
  value: string,
  workingFolder: string,
): Promise<string> {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(value)?.[1]?.toLowerCase();
  switch (parameter.type) {
    case "uri":
      return scheme === undefined
        ? refuseValue(parameter, value, "it has no scheme such as `https:`")
        : value;
    case "path": {
      const path = scheme === "file" ? value.replace(/^file:(\/\/(?=\/))?/i, "") : value;
      const absolute = resolve(workingFolder, decoded(path));
      return await isThere(absolute)
        ? absolute
        : refuseValue(parameter, value, "there is no such file or folder");
    }
    default:
      return value;
  }
}

/** As Python's `url2pathname`: what is no escape stays. */
const decoded = (path: string): string =>
  path.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });

async function fetchValue(
  parameter: ProjectParameter,
  value: string,
  folder: string,
  surroundings: PathSurroundings,
): Promise<string> {
  if (/^https?:\/\//i.test(value)) return await fetchByHttp(parameter, value, folder, surroundings.signal);
  const { fetchArtifact, isOfTracker } = await import("./fetch_artifact.ts");
  if (isOfTracker(value)) {
    try {
      return await fetchArtifact(value, folder, await surroundings.openTracker());
    } catch (error) {
      if (!(error instanceof TrackingError)) throw error;
      return refuseValue(parameter, value, "the tracker does not give it", error.message);
    }
  }
  const { fetchByMlflow, schemeOfMlflow } = await import("./fetch_by_mlflow.ts");
  const scheme = schemeOfMlflow(value);
  if (scheme === undefined) {
    return refuseValue(parameter, value, "nothing is known of addresses of that kind");
  }
  const { cache, signal, variables, onProgress } = surroundings;
  const fetched = await fetchByMlflow(value, scheme, folder, {
    cache: cache(),
    signal,
    variables,
    onProgress,
  });
  return fetched.is === "fetched"
    ? fetched.path
    : refuseValue(parameter, value, "it cannot be fetched", fetched.words);
}

/** The file lies in `folder` under the last name of its address. */
async function fetchByHttp(
  parameter: ProjectParameter,
  value: string,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const fail = (because: string) => refuseValue(parameter, value, because);
  const name = basename(decoded(new URL(value).pathname));
  if (name === "" || name === "." || name === ".." || name.includes("\0")) {
    return fail("its address names no file");
  }
  const response = await fetch(value, { signal }).catch((error) => {
    if (signal.aborted) throw error;
    return fail("its host does not answer");
  });
  if (!response.ok) {
    await response.body?.cancel();
    return fail(`its host answers ${response.status}`);
  }
  makeFolder(folder);
  const path = join(folder, name);
  using file = await Deno.open(path, { write: true, createNew: true });
  try {
    for await (const piece of response.body ?? []) await writeAll(file, piece);
  } catch (error) {
    if (signal.aborted || !(error instanceof TypeError)) throw error;
    return fail("its host broke off");
  }
  return path;
}

function refuseValue(
  { name, place }: ProjectParameter,
  value: string,
  because: string,
  words?: string,
): never {
  return refuse({
    code: "PARAM_INVALID",
    message: `Cannot set parameter \`${name}\` to \`${showValue(value)}\` as ${because}`,
    at: place,
    ...(words === undefined ? {} : { details: words }),
    hint: `Pass \`-P ${name}=VALUE\`; a path is taken from the folder where sluice is started`,
  });
}

/** What is asked of a run's values: where they are fetched to, and by whom. */
export async function withPathSurroundings<T>(
  { workingFolder, variables, choice, cache }: ProjectCaller,
  { storage = variables["MLFLOW_TMP_DIR"], signal, reporter }: ShownProjectOptions,
  use: (surroundings: PathSurroundings) => Promise<T>,
): Promise<T> {
  let tracker: Promise<Tracker> | undefined;
  const onProgress = (progress: EnvironmentProgress) =>
    reporter.report({ is: "environment-progress", at: Date.now(), environment: "downloads", progress });
  try {
    return await use({
      ...{ workingFolder, variables, signal, cache, onProgress },
      openTracker: () => tracker ??= openTracker({ ...choice, create: false }),
      ...(storage ? { storage } : {}),
    });
  } finally {
    await (await tracker?.catch(() => undefined))?.close();
  }
}
