/**
 * Locks between processes: flock(2) on empty files under `<cache>/locks/`. The kernel drops a lock with its
 * process, so a killed one blocks nobody. The files stay: removing one would part those who wait on it from those
 * who come later.
 */
import { join } from "node:path";
import { refuse } from "./error.ts";
import { isNotWritable } from "./system_error.ts";

export interface HeldLock {
  release(): void;
}

/** Between two tries to take a lock. */
export const pollMs = 25;

/** Opens the lock file `name`, which may hold letters, digits, dots and dashes. */
function openLock(cache: string, name: string): Deno.FsFile {
  const folder = join(cache, "locks");
  const path = join(folder, name);
  const options = { read: true, write: true, create: true };
  try {
    return Deno.openSync(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return openReadOnly(path, cache, error);
  }
  try {
    Deno.mkdirSync(folder, { recursive: true });
    return Deno.openSync(path, options);
  } catch (error) {
    return openReadOnly(path, cache, error);
  }
}

/** A cache that is only read, as in an image made for others, can be locked as well: flock asks for no write. */
function openReadOnly(path: string, cache: string, error: unknown): Deno.FsFile {
  if (!isNotWritable(error)) throw error;
  try {
    return Deno.openSync(path, { read: true });
  } catch {
    refuse({
      code: "FOLDER_NOT_WRITABLE",
      message: `Cannot take a lock as the cache folder \`${cache}\` cannot be written`,
      at: { file: cache },
      hint: "Set XDG_CACHE_HOME to a folder that can be written",
    });
  }
}

/** Takes the lock if nobody is in the way; undefined otherwise. Fails with FOLDER_NOT_WRITABLE. */
export function tryLock(
  cache: string,
  name: string,
  mode: "exclusive" | "shared",
): HeldLock | undefined {
  const file = openLock(cache, name);
  try {
    if (file.tryLockSync(mode === "exclusive")) return { release: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return undefined;
}

/**
 * Takes the lock alone, waiting for it; `onWait` is called once when it is not free. Rejects with the signal's
 * reason, and with FOLDER_NOT_WRITABLE.
 */
export async function lockExclusively(
  cache: string,
  name: string,
  options: { readonly signal: AbortSignal; readonly onWait: () => void },
): Promise<HeldLock> {
  // Polled, as a blocking flock cannot be given up when the signal comes.
  for (let hasWaited = false;; await pause(pollMs, options.signal)) {
    options.signal.throwIfAborted();
    const held = tryLock(cache, name, "exclusive");
    if (held !== undefined) return held;
    if (!hasWaited) options.onWait();
    hasWaited = true;
  }
}

/**
 * Takes the lock together with others who share it. Only `tryLock` of garbage collection, briefly, is in the way.
 * Rejects with the signal's reason where it has to wait, and with FOLDER_NOT_WRITABLE.
 */
export async function lockShared(cache: string, name: string, signal: AbortSignal): Promise<HeldLock> {
  for (;; await pause(pollMs, signal)) {
    const held = tryLock(cache, name, "shared");
    if (held !== undefined) return held;
  }
}

/** `ms` milliseconds. Rejects with the signal's reason when it comes. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
