/** Results and records: one JSON file a key, sealed, whole or not there. */
import type { Digest } from "../core/digest.ts";
import { digestKept } from "../core/file_tree.ts";
import { findLook, type Look, openReader } from "../core/look.ts";
import { sha256 } from "../core/sha256.ts";
import { type KeptOutput, KeyRecord, StepResult } from "../core/step_result.ts";
import { hexOf, isConfined, openPlaces, type Places } from "./places.ts";

/** A larger one is none of ours. */
export const largestEntryBytes = 1 << 28;

type EntryFolder = "records" | "results";

/** A result that is sound, and the file that keeps it. */
export interface FoundResult {
  readonly result: StepResult;
  /** Its last use, in milliseconds since 1970. */
  readonly usedAt: number;
  /** Exact, of the very file that was read; undefined where it cannot be had. */
  readonly look?: Look;
}

/** Reads entries of one store; holds its folder open until it is closed. */
export interface Entries {
  findResult(key: Digest): FoundResult | undefined;
  /** The file that keeps a result; undefined where nothing is, or it must be read. */
  lookAtResult(key: Digest): Look | undefined;
  /** Whether anything has the name of its file: what is there may be no result. */
  hasResult(key: Digest): boolean;
  findRecord(key: Digest): KeyRecord | undefined;
  close(): void;
}

type Read = Omit<FoundResult, "result"> & { readonly text: string };

/** Reads results and records, each once until another lies in its place. */
export function openEntries(cache: string): Entries {
  const reader = openReader(cache);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const pathOf = (folder: EntryFolder, key: Digest): string => {
    const hex = hexOf(key);
    return `store/${folder}/${hex.slice(0, 2)}/${hex}.json`;
  };

  function read(folder: EntryFolder, key: Digest): Read | undefined {
    const reading = reader.read(pathOf(folder, key), largestEntryBytes);
    if (reading !== undefined) {
      const { look, bytes } = reading;
      return { text: decoder.decode(bytes), usedAt: look.writtenAt, look };
    }
    const places = openPlaces(cache);
    const path = places.entry(folder, key);
    const look = findLook(path);
    if (look?.is !== "file" || look.sizeBytes > largestEntryBytes) return undefined;
    if (!places.isThere(folder, hexOf(key))) return undefined;
    reader.close();
    try {
      return { text: Deno.readTextFileSync(path), usedAt: look.writtenAt };
    } catch {
      return undefined;
    }
  }

  return {
    findResult(key) {
      const found = read("results", key);
      const parsed = StepResult.safeParse(found && parseEntry(found.text));
      if (found === undefined || !parsed.success || parsed.data.key !== key) return undefined;
      if (!isSound(parsed.data)) return undefined;
      const { text: _, ...rest } = found;
      return { ...rest, result: parsed.data };
    },
    lookAtResult: (key) => reader.look(pathOf("results", key)),
    hasResult: (key) => findLook(`${cache}/${pathOf("results", key)}`) !== undefined,
    findRecord(key) {
      const found = read("records", key);
      const parsed = KeyRecord.safeParse(found && parseEntry(found.text));
      return parsed.success ? parsed.data : undefined;
    },
    close: () => reader.close(),
  };
}

function parseEntry(text: string): unknown {
  try {
    return isSealed(text) ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether its paths are confined and each output's digest is that of its files. */
export function isSound(result: StepResult): boolean {
  if (sound.has(result)) return true;
  if (!isConfined(result) || !Object.values(result.outputs).every(isWhole)) return false;
  sound.add(result);
  return true;
}

function isWhole(output: KeptOutput): boolean {
  if (whole.has(output)) return true;
  if (digestKept(output) !== output.digest) return false;
  whole.add(output);
  return true;
}

/** For who knows that they are sound. */
export function trustOutputs(result: StepResult): void {
  sound.add(result);
  for (const output of Object.values(result.outputs)) whole.add(output);
}

/** Neither changes, and many files take long to digest. */
const [sound, whole] = [new WeakSet<StepResult>(), new WeakSet<KeptOutput>()];

/** An entry under the name of a part. */
export interface StagedEntry {
  readonly part: string;
  readonly path: string;
}

/** Writes it, for who forces it to disk and renames it when all that it names is there. */
export function stageResult(places: Places, result: StepResult): StagedEntry {
  places.make("results", hexOf(result.key));
  return stage(places, places.entry("results", result.key), sealEntry(result));
}

/** Not forced to disk: one that a power loss takes is missed by nobody but `why`. */
export function writeRecord(places: Places, key: Digest, record: KeyRecord): void {
  places.make("records", hexOf(key));
  const { part, path } = stage(places, places.entry("records", key), sealEntry(record));
  try {
    Deno.renameSync(part, path);
  } catch (error) {
    removeFile(part);
    throw error;
  }
}

function stage(places: Places, path: string, text: string): StagedEntry {
  // A folder in its place would keep it out for good.
  if (findLook(path)?.is === "folder") removeFile(path);
  places.make();
  const part = places.part();
  try {
    Deno.writeTextFileSync(part, text, { createNew: true });
  } catch (error) {
    removeFile(part);
    throw error;
  }
  return { part, path };
}

const dayMs = 86_400_000;

/**
 * Its time of change is its last use, to the day. `usedAt` is what was found with it. Gives the stamp that the file has
 * from then on; undefined where nothing was noted.
 */
export function noteUse(cache: string, key: Digest, usedAt: number, now: number): string | undefined {
  if (Math.abs(now - usedAt) < dayMs) return undefined;
  const places = openPlaces(cache);
  const path = places.entry("results", key);
  try {
    const before = places.isThere("results", hexOf(key)) ? findLook(path) : undefined;
    if (before?.is !== "file") return undefined;
    Deno.utimeSync(path, now / 1000, now / 1000);
    const look = findLook(path);
    const isSame = look?.inode === before.inode && look.sizeBytes === before.sizeBytes;
    return isSame && look.isExact ? look.stamp : undefined;
  } catch {
    // A store that is only read is used without a note.
    return undefined;
  }
}

/** Removes a result or a record; what is not there is forgotten already. */
export function forget(places: Places, folder: EntryFolder, key: Digest): void {
  if (places.isThere(folder, hexOf(key))) removeFile(places.entry(folder, key));
}

/** Whatever has the name, and nothing that a link leads to. */
export function removeFile(path: string): void {
  const look = findLook(path);
  if (look === undefined) return;
  try {
    Deno.removeSync(path, { recursive: look.is === "folder" });
  } catch {
    // It may not be removed: then it is met again.
  }
}

/** An entry's text. `seal` is its last member: the first half of the SHA-256, in hex digits, of the JSON without it. */
export const sealEntry = (entry: KeyRecord | StepResult): string => seal(JSON.stringify(entry));

/** Whether an entry's text is as it was written: a bit that a disk flipped in a metric or a name is still JSON. */
export const isSealed = (text: string): boolean =>
  seal(`${text.slice(0, text.lastIndexOf(sealMember))}}`) === text;

const sealMember = ',"seal":"';

const seal = (text: string): string => `${text.slice(0, -1)}${sealMember}${sha256(text).slice(0, 32)}"}\n`;
