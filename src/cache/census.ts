/** Everything that lies in the store, as it is looked after: nothing here is trusted, and no link is followed. */
import { join } from "node:path";
import { openBreather } from "./breather.ts";
import { largestEntryBytes } from "./entries.ts";
import { findInfo, isBlobName, listFolder, type StoreFolder } from "./places.ts";

export interface StoredFile {
  /** Hex digits of its digest, `.x` after them for a program. */
  readonly name: string;
  readonly path: string;
  readonly isFile: boolean;
  readonly sizeBytes: number;
  /** Names it has beside the store's: those of runs. */
  readonly sharedBy: number;
  readonly madeAt: number;
}

export interface StoredEntry {
  readonly is: "result" | "record";
  /** Hex digits. */
  readonly key: string;
  readonly path: string;
  readonly isFile: boolean;
  readonly sizeBytes: number;
  readonly lastUsedAt: number;
}

export interface Census {
  readonly files: readonly StoredFile[];
  readonly entries: readonly StoredEntry[];
  /** What is being made, and what killed processes left half made. */
  readonly parts: readonly string[];
}

export async function takeCensus(cache: string): Promise<Census> {
  const files: StoredFile[] = [];
  const entries: StoredEntry[] = [];
  const parts = namesIn(cache, "parts").map((name) => join(cache, "store", "parts", name));
  for await (const [name, path] of walkFolder(cache, "files")) {
    const info = findInfo(path);
    if (isBlobName(name) && info !== undefined) {
      files.push({
        ...{ name, path, isFile: info.isFile, sizeBytes: info.size },
        sharedBy: Math.max(0, (info.nlink ?? 1) - 1),
        madeAt: info.mtime?.getTime() ?? 0,
      });
    } else if (name.startsWith(".")) parts.push(path);
  }
  for (const [folder, is] of [["results", "result"], ["records", "record"]] as const) {
    for await (const [name, path] of walkFolder(cache, folder)) {
      const key = /^([0-9a-f]{64})\.json$/.exec(name)?.[1];
      const info = findInfo(path);
      if (key !== undefined && info !== undefined) {
        const lastUsedAt = info.mtime?.getTime() ?? 0;
        entries.push({ is, key, path, isFile: info.isFile, sizeBytes: info.size, lastUsedAt });
      } else if (name.startsWith(".")) parts.push(path);
    }
  }
  return { files, entries, parts };
}

/**
 * Digests that an entry names, of files of the store among others; of any version, and of a damaged one as well. None of
 * one that nobody would read.
 */
export function namedBy(entry: StoredEntry): ReadonlySet<string> {
  if (!entry.isFile || entry.sizeBytes > largestEntryBytes) return new Set();
  try {
    const text = Deno.readTextFileSync(entry.path);
    return new Set(Array.from(text.matchAll(/sha256:([0-9a-f]{64})/g), (found) => found[1]!));
  } catch {
    return new Set();
  }
}

async function* walkFolder(cache: string, folder: StoreFolder): AsyncGenerator<[name: string, path: string]> {
  const breathe = openBreather();
  for (const first of namesIn(cache, folder)) {
    if (!/^[0-9a-f]{2}$/.test(first)) continue;
    for (const { name } of listFolder(join(cache, "store", folder, first))) {
      await breathe();
      if (name.startsWith(first) || name.startsWith(`.${first}`)) {
        yield [name, join(cache, "store", folder, first, name)];
      }
    }
  }
}

function namesIn(cache: string, folder: string): string[] {
  if (findInfo(join(cache, "store"))?.isDirectory !== true) return [];
  return listFolder(join(cache, "store", folder)).map((entry) => entry.name);
}
