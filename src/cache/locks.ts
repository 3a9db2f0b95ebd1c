/**
 * Locks of the store, under `<cache>/locks/`: whoever keeps or restores shares the store, garbage collection has it
 * alone. A step's own lock is a file that goes when it is let go of, as there is one for every step that ever ran.
 */
import { join } from "node:path";
import { isDiskFull, isNotWritable } from "../core/system_error.ts";
import type { Digest } from "../core/digest.ts";
import { refuse } from "../core/error.ts";
import { type HeldLock, lockExclusively, lockShared, pause, pollMs, tryLock } from "../core/file_lock.ts";
import { findLook } from "../core/look.ts";
import { hexOf } from "./places.ts";

const storeLock = "store";
/** Held for a moment by who wants to share the store, all along by who wants it alone: new sharers then wait for it. */
const gateLock = "store-gate";

const never = new AbortController().signal;

/** Shares the store for one operation after another. */
export interface StoreSharing {
  /** Keeps garbage collection away until released. */
  share(): Promise<HeldLock>;
  close(): Promise<void>;
}

/** How long the lock is kept for the next who shares, and how long at most with new ones: collection waits for it. */
const [lingerMs, longestMs] = [50, 500];

interface Shared {
  readonly lock: Promise<HeldLock>;
  readonly since: number;
  users: number;
  lingering: ReturnType<typeof setTimeout> | undefined;
}

/**
 * One for a process: many operations at once hold one lock, which lingers 50 ms for the next and is let go of
 * after 500 ms at most.
 */
export function openSharing(cache: string): StoreSharing {
  let current: Shared | undefined;
  const isYoung = ({ since }: Shared) => performance.now() - since < longestMs;
  /** Its last user lets go of it; nobody joins any more. */
  const retire = (shared: Shared, held: HeldLock) => {
    clearTimeout(shared.lingering);
    if (current === shared) current = undefined;
    if (shared.users === 0) held.release();
  };
  return {
    async share() {
      if (current !== undefined && !isYoung(current)) {
        const old = current;
        current = undefined;
        // One that lingers has no user who would let go of it.
        if (old.users === 0) retire(old, await old.lock);
      }
      const shared = current ??= {
        ...{ lock: shareStore(cache), since: performance.now(), users: 0 },
        lingering: undefined,
      };
      shared.users++;
      clearTimeout(shared.lingering);
      let held: HeldLock;
      try {
        held = await shared.lock;
      } catch (error) {
        if (current === shared) current = undefined;
        throw error;
      }
      return {
        release() {
          if (--shared.users > 0) return;
          if (current !== shared || !isYoung(shared)) return retire(shared, held);
          shared.lingering = setTimeout(() => retire(shared, held), lingerMs);
          Deno.unrefTimer(shared.lingering);
        },
      };
    },
    async close() {
      if (current?.users === 0) retire(current, await current.lock);
      current = undefined;
    },
  };
}

/** Keeps garbage collection away until released. */
export async function shareStore(cache: string): Promise<HeldLock> {
  refuseLinks(cache, storeLock, gateLock);
  const gate = await lockShared(cache, gateLock, never);
  try {
    return await lockShared(cache, storeLock, never);
  } finally {
    gate.release();
  }
}

/** Waits until nobody keeps or restores; from then on nobody does. */
export async function haveStoreAlone(cache: string, signal: AbortSignal): Promise<HeldLock> {
  refuseLinks(cache, storeLock, gateLock);
  const options = { signal, onWait: () => {} };
  const gate = await lockExclusively(cache, gateLock, options);
  try {
    const store = await lockExclusively(cache, storeLock, options);
    return {
      release() {
        store.release();
        gate.release();
      },
    };
  } catch (error) {
    gate.release();
    throw error;
  }
}

/** The same, without waiting: undefined when somebody keeps or restores, or is about to. */
export function tryHaveStoreAlone(cache: string): HeldLock | undefined {
  const gate = tryLockAlone(cache, gateLock);
  if (gate === undefined) return undefined;
  let store: HeldLock | undefined;
  try {
    store = tryLockAlone(cache, storeLock);
  } finally {
    if (store === undefined) gate.release();
  }
  if (store === undefined) return undefined;
  return {
    release() {
      store.release();
      gate.release();
    },
  };
}

/** Undefined when somebody else has it. */
export function tryLockAlone(cache: string, name: string): HeldLock | undefined {
  refuseLinks(cache, name);
  return tryLock(cache, name, "exclusive");
}

/** The name of a step's own lock file. */
export const leaseName = (key: Digest): string => `step-${hexOf(key)}`;
/** Whether a lock file is one of a step, which goes when it is let go of. */
export const isLeaseName = (name: string): boolean => /^step-[0-9a-f]{64}$/.test(name);

/** Waits for the lock file `name`, which is gone when it is released. */
export async function lease(
  cache: string,
  name: string,
  options: { readonly signal: AbortSignal; readonly onWait: () => void },
): Promise<HeldLock> {
  for (let hasWaited = false;;) {
    options.signal.throwIfAborted();
    const held = tryLease(cache, name);
    if (held !== undefined) return held;
    if (!hasWaited) options.onWait();
    hasWaited = true;
    await pause(pollMs, options.signal);
  }
}

/** Undefined when somebody else has it. */
export function tryLease(cache: string, name: string): HeldLock | undefined {
  for (;;) {
    refuseLinks(cache, name);
    const path = join(cache, "locks", name);
    const file = openLease(cache, path);
    // Where nothing can be written nothing can be kept: there is nothing to wait for.
    if (file === undefined) return { release: () => {} };
    if (!file.tryLockSync(true)) {
      file.close();
      return undefined;
    }
    if (isSame(file, path)) return { release: () => release(file, path) };
    // Whoever had it removed it after it was opened here.
    file.close();
  }
}

/** Removed first: who opens it from now on makes another file, and who waits on this one sees that it is gone. */
function release(file: Deno.FsFile, path: string): void {
  try {
    if (isSame(file, path)) Deno.removeSync(path);
  } catch {
    // It stays, and is taken again by the next.
  } finally {
    file.close();
  }
}

function isSame(file: Deno.FsFile, path: string): boolean {
  const [opened, named] = [file.statSync(), findLook(path)];
  return named !== undefined && opened.ino === named.inode && opened.dev === named.device;
}

function openLease(cache: string, path: string): Deno.FsFile | undefined {
  const options = { read: true, write: true, create: true };
  try {
    try {
      return Deno.openSync(path, options);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      Deno.mkdirSync(join(cache, "locks"), { recursive: true });
      return Deno.openSync(path, options);
    }
  } catch (error) {
    if (isNotWritable(error) || isDiskFull(error)) return undefined;
    throw error;
  }
}

function refuseLinks(cache: string, ...names: readonly string[]): void {
  const folder = join(cache, "locks");
  const look = findLook(folder);
  if (look === undefined) return;
  const flawed = look.is === "folder"
    ? names.map((name) => join(folder, name)).find((path) => (findLook(path)?.is ?? "file") !== "file")
    : folder;
  if (flawed === undefined) return;
  refuse({
    code: "CACHE_UNUSABLE",
    message: `Cannot take a lock as \`${flawed}\` is ${flawed === folder ? "no folder" : "no regular file"}`,
    at: { file: flawed },
    hint: "Remove it: it is made anew",
  });
}
