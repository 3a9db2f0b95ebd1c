/** Remembers what the files of a plan were when they were digested, so that a run can tell whether they still are. */
import type { Digest } from "../core/digest.ts";
import type { FileDigests } from "../core/ports.ts";

/** Files that were digested together, as the sources of one folder; `null` for one that was not there. */
export interface Witnessed {
  /** The first that is no longer what it was. */
  findChange(): string | undefined;
}

export interface Witness extends FileDigests, Witnessed {}

/** `digests` answers; this only looks on. */
export function openWitness(digests: FileDigests): Witness {
  const stamps = new Map<string, string>();
  return {
    async digest(path, info): Promise<Digest> {
      const digest = await digests.digest(path, info);
      stamps.set(path, stampOf(info));
      return digest;
    },
    findChange() {
      for (const [path, stamp] of stamps) if (stampNow(path) !== stamp) return path;
      return undefined;
    },
    close: () => Promise.resolve(),
  };
}

const stampOf = ({ size, mtime, ctime, ino }: Deno.FileInfo): string =>
  [size, mtime?.getTime(), ctime?.getTime(), ino].join(" ");

function stampNow(path: string): string | undefined {
  try {
    return stampOf(Deno.lstatSync(path));
  } catch {
    return undefined;
  }
}
