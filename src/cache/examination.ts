/**
 * Whether files are still what they were: small ones are read again each time, large ones are trusted as long as their
 * size, times and inode are those noted when they were last read, linked or made here.
 */
import { type Digest, digestBytes } from "../core/digest.ts";
import { digestFile } from "../core/file_tree.ts";
import { contentStampOf, findLook } from "../core/look.ts";
import type { KeptFile } from "../core/step_result.ts";
import { openBreather } from "./breather.ts";
import { openDigestMemory } from "./digest_memory.ts";

/** A file of up to so many bytes is read again, as long as not more than `rereadBytes` are in one operation (20 ms). */
export const smallBytes = 1 << 20;
const rereadBytes = 32 << 20;
/** The kernel's clock for times of files may stand still for 10 ms (100 Hz): what is done meanwhile is not seen by them. */
const tickMs = 11;

export interface Examination {
  /** Whether a regular file at `path` has the bytes that `file` says. `name` is what it is remembered by. */
  isIntact(path: string, name: string, file: Pick<KeptFile, "digest" | "sizeBytes">): Promise<boolean>;
  /** Whether `isIntact` trusts times for such a file: then `note` it after each own change to its links or rights. */
  trustsTimes(file: Pick<KeptFile, "sizeBytes">): boolean;
  /** The file is known to have this digest now; written down by `close`. `content` as `contentOf` gave it before. */
  note(path: string, name: string, digest: Digest, content: string | undefined): void;
  close(): Promise<void>;
}

/** What a change of links and rights leaves as it is; undefined where it cannot be told. */
export function contentOf(path: string): string | undefined {
  const look = findLook(path);
  return look && contentStampOf(look);
}

/** Of one operation. */
export function openExamination(cache: string, clock: () => number): Examination {
  const memory = openDigestMemory(cache, clock);
  const noted = new Map<string, { path: string; digest: Digest; content: string }>();
  let leftBytes = rereadBytes;
  let changedAt = 0;

  const note: Examination["note"] = (path, name, digest, content) => {
    if (content === undefined) return;
    noted.set(name, { path, digest, content });
    changedAt = performance.now();
  };

  return {
    async isIntact(path, name, { digest, sizeBytes }) {
      const before = findLook(path);
      if (before?.is !== "file" || before.sizeBytes !== sizeBytes) return false;
      if (sizeBytes <= smallBytes && sizeBytes <= leftBytes) {
        leftBytes -= sizeBytes;
        return await orUndefined(() => digestBytes(Deno.readFileSync(path))) === digest;
      }
      if (before.isExact && memory.find(name, before.stamp) === digest) return true;
      if (await orUndefined(() => digestFile(path, before)) !== digest) return false;
      note(path, name, digest, contentStampOf(before));
      return true;
    },
    trustsTimes: ({ sizeBytes }) => sizeBytes > smallBytes || sizeBytes > leftBytes,
    note,
    async close() {
      const waitMs = changedAt + tickMs - performance.now();
      if (noted.size > 0 && waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const breathe = openBreather();
      for (const [name, { path, digest, content }] of noted) {
        await breathe();
        const now = findLook(path);
        if (now !== undefined && contentStampOf(now) === content) memory.put(name, now.stamp, digest);
      }
      await memory.flush();
      memory.close();
    },
  };
}

/** A file that cannot be read is as good as damaged. */
async function orUndefined<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch {
    return undefined;
  }
}
