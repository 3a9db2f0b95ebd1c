/** Remembers what the files of a plan were when they were digested, so that a run can tell whether they still are. */
import { findExactStat } from "../cache/exact_stat.ts";
import type { Digest } from "../core/digest.ts";
import { settledMs, stampOf } from "../core/file_tree.ts";
import type { FileDigests } from "../core/ports.ts";

/** Files that were digested together, as the sources of one folder. */
export interface Witnessed {
  /** The first that is no longer what it was: of a folder, that has not the same names. */
  findChange(): string | undefined;
}

export interface Witness extends FileDigests, Witnessed {
  meet(path: string): () => void;
}

interface Stamp {
  readonly rough: string | undefined;
  /** Of what changed so lately that it can be changed again with the same rough stamp. */
  readonly exact?: string | undefined;
}

/** `digests` answers; this only looks on. */
export function openWitness(digests: FileDigests): Witness {
  const stamps = new Map<string, Stamp>();
  return {
    async digest(path, info): Promise<Digest> {
      const stamp = witness(path, info);
      const digest = await digests.digest(path, info);
      stamps.set(path, stamp);
      return digest;
    },
    meet(path) {
      stamps.set(path, witness(path, lookAt(path)));
      return () => void stamps.delete(path);
    },
    findChange() {
      for (const [path, { rough, exact }] of stamps) {
        if (roughOf(lookAt(path)) !== rough) return path;
        if (exact !== undefined && findExactStat(path)?.stamp !== exact) return path;
      }
      return undefined;
    },
    close: () => Promise.resolve(),
  };
}

function witness(path: string, info: Deno.FileInfo | undefined): Stamp {
  const isSettled = Date.now() - (info?.ctime?.getTime() ?? 0) >= settledMs;
  return { rough: roughOf(info), ...(isSettled ? {} : { exact: findExactStat(path)?.stamp }) };
}

const roughOf = (info: Deno.FileInfo | undefined): string | undefined => info && stampOf(info);

function lookAt(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch {
    return undefined;
  }
}
