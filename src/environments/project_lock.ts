/** Where a project's lock lies, and how its entries are read and added. */
import { dirname } from "node:path";
import { refuse } from "../core/error.ts";
import { writeAtomically } from "../core/atomic_write.ts";
import { isDiskFull, isNotWritable } from "../core/system_error.ts";
import { lockExclusively } from "../core/file_lock.ts";
import type { Lock, LockEntry } from "./lock_file.ts";
import { lockPaths, projectHex } from "./lock_paths.ts";

export interface ProjectLock {
  /** The entry of what was asked for, from the project or, where that cannot be written, from the store. */
  find(key: string): Promise<LockEntry | undefined>;
  /** All entries of both. */
  entries(): Promise<readonly LockEntry[]>;
  /** Both as one, where there is one. */
  read(): Promise<LockView>;
  /** Adds an entry; those of other processes are kept. */
  add(key: string, entry: LockEntry, signal: AbortSignal): Promise<void>;
  /**
   * Writes what `change` makes of the lock as it then is; nothing where that is the same. With `isOwn` into the project
   * or nowhere. Throws FOLDER_NOT_WRITABLE, DISK_FULL.
   */
  update(change: (lock: Lock) => Lock, signal: AbortSignal, isOwn?: boolean): Promise<void>;
}

export interface LockView {
  /** The project's own `sluice.lock`. */
  readonly path: string;
  /** Undefined where there is none. */
  readonly lock?: Lock;
}

/** The lock of the project in `folder`; `cache` is the user's cache of sluice. */
export function openProjectLock(folder: string, cache: string): ProjectLock {
  const [own, stored] = lockPaths(folder, cache);
  const read = memoizedReader();
  const environmentsOf = async (path: string) => (await read(path))?.environments ?? {};
  const projectLock: ProjectLock = {
    find: async (key) => (await environmentsOf(own))[key] ?? (await environmentsOf(stored))[key],
    entries: async () =>
      (await Promise.all([own, stored].map(environmentsOf))).flatMap((entries) => Object.values(entries)),
    async read() {
      const [near, far] = await Promise.all([own, stored].map(read));
      if (near === undefined && far === undefined) return { path: own };
      const lock = {
        environments: { ...far?.environments, ...near?.environments },
        pipelines: { ...far?.pipelines, ...near?.pipelines },
      };
      return { path: own, lock };
    },
    add: (key, entry, signal) =>
      projectLock.update(
        (lock) => ({ ...lock, environments: { ...lock.environments, [key]: entry } }),
        signal,
      ),
    async update(change, signal, isOwn) {
      const held = await lockExclusively(cache, `project-${projectHex(folder)}`, {
        signal,
        onWait: () => {},
      });
      try {
        if (await tryUpdate(own, change)) return;
        if (isOwn) refuseOwn(own);
        await Deno.mkdir(dirname(stored), { recursive: true });
        if (await tryUpdate(stored, change)) return;
        refuse({
          code: "FOLDER_NOT_WRITABLE",
          message: `Cannot keep the lock of \`${folder}\` as neither it nor the cache can be written`,
          at: { file: cache },
          hint: "Set XDG_CACHE_HOME to a folder that can be written",
        });
      } finally {
        held.release();
      }
    },
  };
  return projectLock;
}

/** False when the file cannot be written; a lock that cannot be read is refused and left alone. */
async function tryUpdate(path: string, change: (lock: Lock) => Lock): Promise<boolean> {
  const { emptyLock, printLock, readLock } = await import("./lock_file.ts");
  const text = await readIfThere(path);
  const lock = text === undefined ? emptyLock : readLock(text, path);
  const changed = printLock(change(lock));
  if (changed === text) return true;
  try {
    await writeAtomically(path, changed);
    return true;
  } catch (error) {
    if (isNotWritable(error)) return false;
    if (!isDiskFull(error)) throw error;
    return refuse({
      code: "DISK_FULL",
      message: `Cannot write \`${path}\` as its disk is full`,
      at: { file: path },
      hint: "Make room and start again; the file is as it was",
    });
  }
}

const refuseOwn = (path: string): never =>
  refuse({
    code: "FOLDER_NOT_WRITABLE",
    message: `Cannot write \`${path}\` as it or its folder is closed to this user`,
    at: { file: path },
    hint: "Lock a copy of the project that can be written, and commit `sluice.lock`",
  });

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Reads a lock file again only when it was replaced; every writer of ours replaces it. */
function memoizedReader(): (path: string) => Promise<Lock | undefined> {
  const known = new Map<string, { readonly stamp: string; readonly lock: Lock }>();
  return async (path) => {
    const stamp = await stampOf(path);
    if (stamp === undefined) return undefined;
    const before = known.get(path);
    if (before?.stamp === stamp) return before.lock;
    const text = await readIfThere(path);
    if (text === undefined) return undefined;
    const { readLock } = await import("./lock_file.ts");
    const lock = readLock(text, path);
    known.set(path, { stamp, lock });
    return lock;
  };
}

async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtime } = await Deno.stat(path);
    return `${ino} ${size} ${mtime?.getTime()}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
