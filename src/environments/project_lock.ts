/** Where a project's lock lies, and how its entries are read and added. */
import { dirname } from "node:path";
import { refuse } from "../core/error.ts";
import { isNotWritable, writeAtomically } from "../core/atomic_write.ts";
import { lockExclusively } from "../core/file_lock.ts";
import type { LockEntry, LockFile } from "./lock_file.ts";
import { lockPaths, projectHex } from "./lock_paths.ts";

export interface ProjectLock {
  /** The entry of what was asked for, from the project or, where that cannot be written, from the store. */
  find(key: string): Promise<LockEntry | undefined>;
  /** All entries of both. */
  entries(): Promise<readonly LockEntry[]>;
  /** Adds an entry; those of other processes are kept. */
  add(key: string, entry: LockEntry, signal: AbortSignal): Promise<void>;
}

/** The lock of the project in `folder`; `cache` is the user's cache of sluice. */
export function openProjectLock(folder: string, cache: string): ProjectLock {
  const [own, stored] = lockPaths(folder, cache);
  const read = memoizedReader();
  return {
    find: async (key) => (await read(own)).environments[key] ?? (await read(stored)).environments[key],
    entries: async () =>
      (await Promise.all([own, stored].map(read))).flatMap((lock) => Object.values(lock.environments)),
    async add(key, entry, signal) {
      const held = await lockExclusively(cache, `project-${projectHex(folder)}`, {
        signal,
        onWait: () => {},
      });
      try {
        if (await tryAdd(own, key, entry)) return;
        await Deno.mkdir(dirname(stored), { recursive: true });
        if (await tryAdd(stored, key, entry)) return;
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
}

/** False when the file cannot be written; a lock that cannot be read is refused and left alone. */
async function tryAdd(path: string, key: string, entry: LockEntry): Promise<boolean> {
  const { emptyLock, printLock, readLock } = await import("./lock_file.ts");
  const text = await readIfThere(path);
  const lock = text === undefined ? emptyLock : readLock(text, path);
  try {
    await writeAtomically(path, printLock({ ...lock, environments: { ...lock.environments, [key]: entry } }));
    return true;
  } catch (error) {
    if (isNotWritable(error)) return false;
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Reads a lock file again only when it was replaced; every writer of ours replaces it. */
function memoizedReader(): (path: string) => Promise<LockFile> {
  const known = new Map<string, { readonly stamp: string; readonly lock: LockFile }>();
  return async (path) => {
    const { emptyLock, readLock } = await import("./lock_file.ts");
    const stamp = await stampOf(path);
    if (stamp === undefined) return emptyLock;
    const before = known.get(path);
    if (before?.stamp === stamp) return before.lock;
    const text = await readIfThere(path);
    const lock = text === undefined ? emptyLock : readLock(text, path);
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
