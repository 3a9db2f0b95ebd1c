/** Reads all that the store holds again, and removes what is damaged. */
import { digestFile } from "../core/file_tree.ts";
import { findLook } from "../core/look.ts";
import { KeyRecord, resultVersion, StepResult } from "../core/step_result.ts";
import { type StoredEntry, type StoredFile, takeCensus } from "./census.ts";
import { isSealed, isSound, largestEntryBytes, removeFile } from "./entries.ts";
import { shareStore } from "./locks.ts";
import { blobName, findInfo, openPlaces, type Places } from "./places.ts";

export interface DamagedEntry {
  readonly is: "file" | "result" | "record";
  /** The name of a file, the key of a result or record, in hex digits. */
  readonly name: string;
  readonly path: string;
  /** A clause: `its content is another`. */
  readonly because: string;
}

export interface VerifiedStore {
  readonly files: number;
  readonly results: number;
  readonly records: number;
  readonly readBytes: number;
  /** They were removed: what they stood for is made again. */
  readonly damaged: readonly DamagedEntry[];
}

export async function verifyStore(cache: string): Promise<VerifiedStore> {
  const shared = await shareStore(cache);
  try {
    const { files, entries } = await takeCensus(cache);
    const damaged: DamagedEntry[] = [];
    const take = (found: Omit<DamagedEntry, "because">, because: string | undefined) => {
      if (because === undefined) return;
      removeFile(found.path);
      damaged.push({ is: found.is, name: found.name, path: found.path, because });
    };
    for (const file of files) take({ is: "file", ...file }, await findFileFlaw(file));
    const places = openPlaces(cache);
    for (const entry of entries) take({ ...entry, name: entry.key }, findEntryFlaw(entry, places));
    const count = (is: StoredEntry["is"]) => entries.filter((entry) => entry.is === is).length;
    return {
      ...{ files: files.length, results: count("result"), records: count("record"), damaged },
      readBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    };
  } finally {
    shared.release();
  }
}

async function findFileFlaw({ path, name, isFile }: StoredFile): Promise<string | undefined> {
  const look = findLook(path);
  if (look === undefined) return undefined;
  if (!isFile || look.is !== "file") return "it is no regular file";
  try {
    return await digestFile(path, look) === `sha256:${name.slice(0, 64)}`
      ? undefined
      : "its content is another";
  } catch (error) {
    return `it cannot be read: ${error instanceof Error ? error.message : error}`;
  }
}

function findEntryFlaw(entry: StoredEntry, places: Places): string | undefined {
  if (findInfo(entry.path) === undefined) return undefined;
  if (!entry.isFile) return "it is no regular file";
  if (entry.sizeBytes > largestEntryBytes) return "it is too large";
  let text: string, value: unknown;
  try {
    text = Deno.readTextFileSync(entry.path);
    value = JSON.parse(text);
  } catch {
    return "it is no JSON";
  }
  if (isNewer(value)) return undefined;
  if (!isSealed(text)) return "its seal is not that of its content";
  return entry.is === "record"
    ? KeyRecord.safeParse(value).success ? undefined : "it is no record"
    : findResultFlaw(value, entry.key, places);
}

/** A newer version's is its own affair. */
const isNewer = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "version" in value && typeof value.version === "number" &&
  value.version > resultVersion;

function findResultFlaw(value: unknown, key: string, places: Places): string | undefined {
  const { success, data } = StepResult.safeParse(value);
  if (!success || data.key !== `sha256:${key}` || !isSound(data)) return "it is no result of its key";
  const lost = Object.values(data.outputs).flatMap((output) => output.files).map(blobName)
    .find((name) => !places.isThere("files", name) || findInfo(places.blob(name)) === undefined);
  return lost === undefined ? undefined : `its file \`${lost}\` is gone`;
}
