/**
 * Artifacts in folders of this machine.
 *
 * No path leads out of its location: `..` and absolute paths are refused, percent-encoded ones too, as MLflow's
 * server decodes what it is asked for; and no symbolic link is followed below the location.
 */
import { dirname, join, relative } from "node:path";
import { refuse } from "../core/error.ts";
import { forceToDisk } from "../core/force_to_disk.ts";
import { findLook } from "../core/look.ts";
import type { Artifacts, Pieces } from "../core/ports/tracker.ts";
import { isDiskFull, isSystemError, systemErrorCode } from "../core/system_error.ts";
import type { ArtifactInfo } from "../core/tracking.ts";
import { TrackingError } from "../core/tracking.ts";
import { localFolder } from "./artifact_location.ts";
import { refuseValue } from "./mlflow_rules.ts";
import { writeAll } from "../core/write_all.ts";

/** Relative locations, which MLflow of old wrote, are taken from the folder `base`. */
export function openLocalArtifacts(base: string): Artifacts {
  const folderOf = (location: string): string =>
    localFolder(location, base) ?? refuse({
      code: "TRACKER_URI_UNSUPPORTED",
      message: `Cannot use artifacts at \`${location}\` as it is no folder of this machine`,
      hint: "Use an experiment whose artifacts are in a folder, or the MLflow server that keeps them",
    });
  /** Folders whose own names are on disk. */
  const secured = new Set<string>();
  const forceTogether = openForcing();
  return {
    localFolder: (location) => localFolder(location, base),
    async list(location, path) {
      const folder = safeJoin(folderOf(location), path, { isRootAllowed: true });
      return await listFolder(folder, path);
    },
    async read(location, path) {
      const file = safeJoin(folderOf(location), path);
      const info = await statIfThere(file);
      if (info === undefined || !info.isFile) {
        throw new TrackingError("RESOURCE_DOES_NOT_EXIST", `No such artifact: '${path}'`);
      }
      return (await Deno.open(file)).readable;
    },
    async write(location, path, content) {
      const root = folderOf(location);
      const target = safeJoin(root, path);
      await place(root, target, async (temporary) => {
        using file = await Deno.open(temporary, { write: true, createNew: true });
        for await (const chunk of whole(content, path)) await writeAll(file, chunk);
        await file.sync();
      });
      await secureNames(root, [target], [], secured);
    },
    async take(location, path, from) {
      const root = folderOf(location);
      const target = safeJoin(root, path);
      // Where nothing is to be replaced one rename does it.
      if (findLook(target) === undefined && tryMove(from, target)) return;
      await place(root, target, async (temporary) => {
        if (!tryMove(from, temporary)) await copy(from, temporary);
      });
      await Deno.remove(from, { recursive: true }).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    },
    async secure(location, paths) {
      const root = folderOf(location);
      const targets = paths.map((path) => safeJoin(root, path));
      await secureNames(root, targets, targets, secured, forceTogether);
    },
  };
}

/**
 * Forces `files` to disk, and the names of all `targets` below `root` with those of the folders above them: those of the
 * run and its experiment each time, as they may be new; what is above them once, and `secured` has it from then on.
 */
async function secureNames(
  root: string,
  targets: readonly string[],
  files: readonly string[],
  secured: Set<string>,
  force = forceToDisk,
): Promise<void> {
  const folders = new Set<string>();
  for (const target of targets) {
    for (let at = dirname(target); at.length > root.length && !folders.has(at); at = dirname(at)) {
      folders.add(at);
    }
  }
  const experiment = dirname(dirname(root));
  [root, dirname(root), experiment].forEach((folder) => folders.add(folder));
  const above: string[] = [];
  for (let at = dirname(experiment); !secured.has(at) && !above.includes(at); at = dirname(at)) {
    above.push(at);
  }
  await force(files, [...folders, ...above]).catch((error) => {
    if (isDiskFull(error) || !isSystemError(error)) throw error;
    return refuse({
      code: "TRACKER_WRITE_FAILED",
      message: `Cannot keep what is below \`${root}\` as its disk refuses: ${error.message}`,
      hint: "Mend the disk, or use another with --tracking-uri, and start again",
    });
  });
  above.forEach((folder) => secured.add(folder));
}

/** `forceToDisk` for all who ask in the same turn of the event loop; who fails is told, and the others are not. */
function openForcing(): typeof forceToDisk {
  type Paths = readonly string[];
  let waiting: { files: Paths; folders: Paths; done: () => void; failed: (error: unknown) => void }[] = [];
  const force = async () => {
    const group = waiting;
    waiting = [];
    const all = (paths: Paths[]) => [...new Set(paths.flat())];
    try {
      await forceToDisk(all(group.map(({ files }) => files)), all(group.map(({ folders }) => folders)));
      group.forEach(({ done }) => done());
    } catch (error) {
      if (group.length === 1) return group[0]!.failed(error);
      for (const { files, folders, done, failed } of group) {
        await forceToDisk(files, folders).then(done, failed);
      }
    }
  };
  return (files, folders) =>
    new Promise((done, failed) => {
      if (waiting.push({ files, folders, done, failed }) === 1) queueMicrotask(force);
    });
}

/** In bytes, of Linux, with room for the location itself. */
const [longestName, longestPath] = [255, 3072];

const encodedLength = (text: string): number => new TextEncoder().encode(text).length;

/** Throws INVALID_PARAMETER_VALUE for what is not, or may be taken for something not, below `root`. */
function safeJoin(root: string, path: string, options?: { readonly isRootAllowed: true }): string {
  if (path === "" && options?.isRootAllowed) return root;
  for (const form of decodedForms(path)) {
    if (/[\\\0]/.test(form) || form.split("/").some((part) => part === "" || part === "." || part === "..")) {
      refuseValue(`Invalid path: '${path}'`);
    }
  }
  if (
    encodedLength(path) > longestPath || path.split("/").some((part) => encodedLength(part) > longestName)
  ) {
    refuseValue(`Invalid path: '${path.slice(0, 200)}' is too long`);
  }
  let at = root;
  for (const part of path.split("/")) {
    at = join(at, part);
    const look = findLook(at);
    if (look?.is === "link") refuseValue(`Invalid path: '${path}' leads over a symbolic link`);
    if (look === undefined) break;
  }
  return join(root, path);
}

/** The path, and what it becomes when its percent signs are decoded, again and again. */
function decodedForms(path: string): string[] {
  const forms = [path];
  for (let step = 0; step < 10; step++) {
    const decoded = forms.at(-1)!.replace(/(?:%[0-9a-fA-F]{2})+/g, (escaped) => {
      try {
        return decodeURIComponent(escaped);
      } catch {
        return escaped;
      }
    });
    if (decoded === forms.at(-1)) return forms;
    forms.push(decoded);
  }
  return refuseValue(`Invalid path: '${path}'`);
}

/** Sorted by name; symbolic links and devices are left out. What is not there, or is a file, holds nothing. */
async function listFolder(folder: string, path: string): Promise<readonly ArtifactInfo[]> {
  if (!(await statIfThere(folder))?.isDirectory) return [];
  const found: ArtifactInfo[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const at = path === "" ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory) found.push({ path: at, isFolder: true });
    if (!entry.isFile) continue;
    const info = await statIfThere(join(folder, entry.name));
    if (info !== undefined) found.push({ path: at, isFolder: false, sizeBytes: info.size });
  }
  return found.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** Makes `target` in one step: `fill` makes it under another name beside the artifacts, and a rename gives it its own. */
async function place(
  root: string,
  target: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  await Deno.mkdir(dirname(target), { recursive: true }).catch((error) => {
    if (!["EEXIST", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) throw error;
    refuseValue(`Invalid path: '${relative(root, dirname(target))}' is a file, and no folder`);
  });
  const temporary = join(dirname(root), `.part-${crypto.randomUUID()}`);
  try {
    await fill(temporary);
    await removeFolder(target, temporary);
    await Deno.rename(temporary, target);
  } finally {
    await Deno.remove(temporary, { recursive: true }).catch(() => {});
  }
}

/** A rename replaces a file by a file, and nothing else: the rest must be out of its way. */
async function removeFolder(target: string, next: string): Promise<void> {
  const info = await statIfThere(target);
  if (info === undefined || info.isFile && (await Deno.lstat(next)).isFile) return;
  await Deno.remove(target, { recursive: true });
}

/** A stream that breaks off, as when a client is gone, is no fault of the folder's. */
async function* whole(content: Pieces, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    throw new TrackingError(
      "BAD_REQUEST",
      `Artifact '${path}' is not kept as its content broke off: ${error}`,
    );
  }
}

async function copy(from: string, to: string): Promise<void> {
  const info = await Deno.lstat(from);
  if (info.isFile) await Deno.copyFile(from, to);
  else if (info.isDirectory) {
    await Deno.mkdir(to);
    for await (const entry of Deno.readDir(from)) await copy(join(from, entry.name), join(to, entry.name));
  } else {
    throw new Error(`${from} is neither a file nor a folder`);
  }
}

async function statIfThere(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

/** False where another file system is in between. */
function tryMove(from: string, to: string): boolean {
  try {
    Deno.mkdirSync(dirname(to), { recursive: true });
    Deno.renameSync(from, to);
    return true;
  } catch (error) {
    if (isOtherFileSystem(error)) return false;
    throw error;
  }
}

const isOtherFileSystem = (error: unknown) => systemErrorCode(error) === "EXDEV";
