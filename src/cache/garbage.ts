/**
 * Removes from the store what is used least. A run needs nothing of it: its artifacts are links or copies of its own,
 * which stay when the store's name for them goes.
 */
import { type Census, namedBy, type StoredEntry, type StoredFile, takeCensus } from "./census.ts";
import { pruneDigests } from "./digest_memory.ts";
import { removeFile } from "./entries.ts";
import { clearLeases } from "./leftovers.ts";
import { haveStoreAlone } from "./locks.ts";

export interface GarbageOptions {
  /** Removes the results used least recently, then such records, until all files, results and records fit. */
  readonly maxBytes?: number;
  /** Removes results and records that were not used for so long. */
  readonly unusedForMs?: number;
  /** Says what would be removed, and removes nothing. */
  readonly isDryRun?: boolean;
}

export interface RemovedEntry {
  readonly is: "result" | "record";
  /** Hex digits. */
  readonly key: string;
  readonly lastUsedAt: number;
  readonly because: "unused" | "space";
}

export interface CollectedStore {
  readonly removed: readonly RemovedEntry[];
  /** Files that nothing named, or nothing names any more. */
  readonly files: number;
  /** What killed processes left half made. */
  readonly leftovers: number;
  readonly removedBytes: number;
  /** Of those, what no run has by a link: so much the disk gets back. */
  readonly freedBytes: number;
  /** Of all files, results and records that stay. */
  readonly keptBytes: number;
}

/** What is to go, in this order, so that a result never names a file that is gone. */
interface Condemned extends Omit<CollectedStore, "leftovers" | "files"> {
  readonly entries: readonly StoredEntry[];
  readonly files: readonly StoredFile[];
}

/** Waits until no process keeps or restores; a step that is under way keeps its own. */
export async function collectStoreGarbage(
  { cache, clock }: { readonly cache: string; readonly clock: () => number },
  options: GarbageOptions,
): Promise<CollectedStore> {
  const alone = await haveStoreAlone(cache, new AbortController().signal);
  try {
    const census = await takeCensus(cache);
    const condemned = condemn(census, clearLeases(cache), options, clock());
    if (!options.isDryRun) {
      for (const { path } of [...condemned.entries, ...condemned.files]) removeFile(path);
      census.parts.forEach(removeFile);
      pruneDigests(cache, clock());
    }
    const { removed, removedBytes, freedBytes, keptBytes } = condemned;
    return {
      ...{ removed, removedBytes, freedBytes, keptBytes },
      ...{ files: condemned.files.length, leftovers: census.parts.length },
    };
  } finally {
    alone.release();
  }
}

function condemn(
  census: Census,
  leased: ReadonlySet<string>,
  { maxBytes = Infinity, unusedForMs = Infinity }: GarbageOptions,
  now: number,
): Condemned {
  const named = new Map(census.entries.map((entry) => [entry, namedBy(entry)]));
  const users = new Map<string, number>();
  for (const digests of named.values()) {
    for (const digest of digests) users.set(digest, (users.get(digest) ?? 0) + 1);
  }
  const filesOf = Map.groupBy(census.files, (file) => file.name.slice(0, 64));
  const entries: StoredEntry[] = [];
  const removed: RemovedEntry[] = [];
  const files: StoredFile[] = [];
  let keptBytes = [...census.entries, ...census.files].reduce((sum, each) => sum + each.sizeBytes, 0);
  const allBytes = keptBytes;

  const drop = (unused: readonly StoredFile[]) => {
    files.push(...unused);
    keptBytes -= unused.reduce((sum, file) => sum + file.sizeBytes, 0);
  };
  const dropEntry = (entry: StoredEntry, because: RemovedEntry["because"]) => {
    const { is, key, lastUsedAt } = entry;
    entries.push(entry);
    removed.push({ is, key, lastUsedAt, because });
    keptBytes -= entry.sizeBytes;
    for (const digest of named.get(entry)!) {
      const left = users.get(digest)! - 1;
      users.set(digest, left);
      if (left === 0) drop(filesOf.get(digest) ?? []);
    }
  };

  drop(census.files.filter((file) => !users.has(file.name.slice(0, 64))));
  const rank = { result: 0, record: 1 };
  const candidates = census.entries.filter((entry) => !leased.has(entry.key))
    .sort((a, b) => rank[a.is] - rank[b.is] || a.lastUsedAt - b.lastUsedAt);
  for (const entry of candidates) {
    if (now - entry.lastUsedAt > unusedForMs) dropEntry(entry, "unused");
    else if (keptBytes > maxBytes) dropEntry(entry, "space");
  }
  const freed = [...entries, ...files.filter((file) => file.sharedBy === 0)];
  const freedBytes = freed.reduce((sum, each) => sum + each.sizeBytes, 0);
  return { entries, files, removed, freedBytes, keptBytes, removedBytes: allBytes - keptBytes };
}
