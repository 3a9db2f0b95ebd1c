/** What the store holds, counted. */
import { takeCensus } from "./census.ts";
import { digestsPath } from "./digest_memory.ts";
import { findInfo } from "./places.ts";

export interface UsageRow {
  readonly what: "files" | "results" | "records" | "digests";
  readonly count: number;
  readonly sizeBytes: number;
  /** Of `sizeBytes`, what runs have by links as well: removing it from the store frees nothing. */
  readonly sharedBytes: number;
  /** Milliseconds since 1970: of results the last use, of all else the time it was made. */
  readonly oldestAt?: number;
  readonly newestAt?: number;
}

export interface StoreUsage {
  /** A row for each kind, the empty ones too. */
  readonly rows: readonly UsageRow[];
  readonly sizeBytes: number;
  readonly sharedBytes: number;
}

export async function measureUsage(cache: string): Promise<StoreUsage> {
  const { files, entries } = await takeCensus(cache);
  const ofKind = (is: "record" | "result") =>
    entries.filter((entry) => entry.is === is).map((entry) => ({
      ...entry,
      sharedBy: 0,
      at: entry.lastUsedAt,
    }));
  const digests = findInfo(digestsPath(cache));
  const rows = [
    rowOf("files", files.map((file) => ({ ...file, at: file.madeAt }))),
    rowOf("results", ofKind("result")),
    rowOf("records", ofKind("record")),
    rowOf(
      "digests",
      digests === undefined
        ? []
        : [{ sizeBytes: digests.size, sharedBy: 0, at: digests.mtime?.getTime() ?? 0 }],
    ),
  ];
  const sum = (of: "sharedBytes" | "sizeBytes") => rows.reduce((total, row) => total + row[of], 0);
  return { rows, sizeBytes: sum("sizeBytes"), sharedBytes: sum("sharedBytes") };
}

function rowOf(
  what: UsageRow["what"],
  found: readonly { readonly sizeBytes: number; readonly sharedBy: number; readonly at: number }[],
): UsageRow {
  let [sizeBytes, sharedBytes, oldestAt, newestAt] = [0, 0, Infinity, -Infinity];
  for (const each of found) {
    sizeBytes += each.sizeBytes;
    if (each.sharedBy > 0) sharedBytes += each.sizeBytes;
    oldestAt = Math.min(oldestAt, each.at);
    newestAt = Math.max(newestAt, each.at);
  }
  const times = found.length === 0 ? {} : { oldestAt, newestAt };
  return { what, count: found.length, sizeBytes, sharedBytes, ...times };
}
