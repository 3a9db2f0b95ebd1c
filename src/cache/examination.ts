/**
 * Whether files are still what they were. What was read once, when its last change was long enough ago, is trusted as
 * long as its size, times, inode and device are the same; small files that changed lately are read again.
 */
import { settled, type Work } from "../core/at_once.ts";
import type { Digest } from "../core/digest.ts";
import { digestFile } from "../core/file_tree.ts";
import { contentStampOf, findLook, isSettled, type Look } from "../core/look.ts";
import type { KeptFile } from "../core/step_result.ts";
import type { DigestMemory } from "./digest_memory.ts";

/** A file of up to so many bytes is read in less time than it is remembered by the next process. */
export const smallBytes = 1 << 20;
/** Until so much was read again (20 ms): then less counts as large. */
const rereadBytes = 32 << 20;
const lessBytes = 1 << 14;
/** The kernel's clock for times of files may stand still for 10 ms (100 Hz): what is done meanwhile is not seen by them. */
const tickMs = 11;

export interface Examination {
  /**
   * Whether a regular file at `path`, just looked at, has the bytes that `file` says. `name` is what other processes
   * remember it by.
   */
  isIntact(
    path: string,
    look: Look | undefined,
    name: () => string,
    file: Pick<KeptFile, "digest" | "sizeBytes">,
  ): Work<boolean>;
  /** A file that has this stamp has this digest, as others saw it. */
  trust(stamp: string, digest: Digest): void;
  /** Whether a file that has this stamp is known to have changed no more since it was read, to this digest if given. */
  isTrusted(stamp: string, digest?: Digest): boolean;
  /** Whether it is known without reading that a file had this digest when it was looked at. */
  isKnown(look: Look | undefined, name: string, digest: Digest): boolean;
  /**
   * A file that had this digest when it was looked at, `before`, got another name or other rights by us alone. `path`
   * names it now.
   */
  noteOwnChange(path: string, before: Look | undefined, name: string, digest: Digest): void;
  /** Gives the digests' memory what other processes would have to read again. */
  flush(): Promise<void>;
}

/** A large file as it was after our own change. */
interface Own {
  readonly path: string;
  readonly stamp: string;
  readonly digest: Digest;
  /** By `performance.now()`. */
  readonly at: number;
}

/** Of one process, for all it does with a store. */
export function openExamination(memory: DigestMemory, clock: () => number): Examination {
  /** Digests by the stamps of files that nobody can have changed since without moving it. */
  const known = new Map<string, Digest>();
  const own = new Map<string, Own>();
  let leftBytes = rereadBytes;
  const isLarge = (sizeBytes: number): boolean =>
    sizeBytes > smallBytes || leftBytes <= 0 && sizeBytes > lessBytes;

  /** Of a large file, without reading it. */
  function* isRemembered(path: string, name: string, stamp: string, digest: Digest): Work<boolean> {
    const change = own.get(name);
    if (change?.stamp === stamp && change.digest === digest) {
      const waitMs = change.at + tickMs - performance.now();
      if (waitMs > 0) yield pause(waitMs);
      if (findLook(path)?.stamp !== stamp) return false;
      own.delete(name);
      memory.put(name, stamp, digest);
    } else if (memory.find(name, stamp) !== digest) return false;
    known.set(stamp, digest);
    return true;
  }

  function* isIntact(
    path: string,
    look: Look | undefined,
    name: () => string,
    { digest, sizeBytes }: Pick<KeptFile, "digest" | "sizeBytes">,
  ): Work<boolean> {
    if (look?.is !== "file" || look.sizeBytes !== sizeBytes) return false;
    const { stamp, isExact } = look;
    if (isExact && known.get(stamp) === digest) return true;
    if (isExact && isLarge(sizeBytes) && (yield* isRemembered(path, name(), stamp, digest))) return true;
    if (!isLarge(sizeBytes)) leftBytes -= sizeBytes;
    const [begun, at] = [clock(), performance.now()];
    try {
      const found = digestFile(path, look);
      if ((typeof found === "string" ? found : yield* settled(found)) !== digest) return false;
    } catch {
      // One that cannot be read is as good as damaged.
      return false;
    }
    if (!isExact) return true;
    if (isSettled(look, begun)) {
      known.set(stamp, digest);
      if (isLarge(sizeBytes)) memory.put(name(), stamp, digest);
    } else if (isLarge(sizeBytes)) own.set(name(), { path, stamp, digest, at });
    return true;
  }

  return {
    isIntact,
    trust: (stamp, digest) => void known.set(stamp, digest),
    isTrusted: (stamp, digest) => digest === undefined ? known.has(stamp) : known.get(stamp) === digest,
    isKnown: (look, name, digest) =>
      look !== undefined &&
      (known.get(look.stamp) === digest ||
        own.get(name)?.stamp === look.stamp && own.get(name)?.digest === digest),
    noteOwnChange(path, before, name, digest) {
      if (before === undefined || !isLarge(before.sizeBytes)) return;
      const look = findLook(path);
      const content = look && contentStampOf(look);
      if (content === undefined || contentStampOf(before) !== content) return;
      own.set(name, { path, stamp: look!.stamp, digest, at: performance.now() });
    },
    async flush() {
      const latest = Math.max(...[...own.values()].map(({ at }) => at));
      const waitMs = latest + tickMs - performance.now();
      if (waitMs > 0) await pause(waitMs);
      for (const [name, { path, stamp, digest }] of own) {
        if (findLook(path)?.stamp === stamp) memory.put(name, stamp, digest);
      }
      own.clear();
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
