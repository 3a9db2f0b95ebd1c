/** Digests of files that did not change since they were last read. */
import { digestFile, settledMs, stampOf } from "../core/file_tree.ts";
import type { FileDigests } from "../core/ports.ts";
import type { DigestMemory } from "./digest_memory.ts";

/** What is read in less time than it is remembered. */
const largeBytes = 1 << 20;
const manyFiles = 500;
const flushEvery = 2000;

export interface OpenFileDigests {
  readonly cache: string;
  /** Milliseconds since 1970; this machine's by default. */
  readonly clock?: () => number;
}

/** Nothing is opened before a file is large, or one of many. */
export function openFileDigests({ cache, clock = Date.now }: OpenFileDigests): FileDigests {
  let opened: Promise<DigestMemory> | undefined;
  let [seen, unwritten] = [0, 0];
  const open = async () => {
    const { openDigestMemory } = await import("./digest_memory.ts");
    return openDigestMemory(cache, clock);
  };
  return {
    async digest(path, info) {
      if (info.size < largeBytes && ++seen <= manyFiles) return await digestFile(path, info);
      const memory = await (opened ??= open());
      const [name, stamp] = [`file ${path}`, stampOf(info)];
      const known = memory.find(name, stamp);
      if (known !== undefined) return known;
      const begun = clock();
      const digest = await digestFile(path, info);
      if (isSettled(info, begun) && isUnchanged(path, stamp)) {
        memory.put(name, stamp, digest);
        if (++unwritten % flushEvery === 0) await memory.flush();
      }
      return digest;
    },
    async close() {
      const memory = await opened;
      opened = undefined;
      await memory?.flush();
      memory?.close();
    },
  };
}

function isSettled(info: Deno.FileInfo, now: number): boolean {
  const [written, changed] = [info.mtime?.getTime(), info.ctime?.getTime()];
  if (written === undefined || changed === undefined || info.ino === null) return false;
  return now - Math.max(written, changed) >= settledMs;
}

function isUnchanged(path: string, stamp: string): boolean {
  try {
    const info = Deno.lstatSync(path);
    return info.isFile && stampOf(info) === stamp;
  } catch {
    return false;
  }
}
