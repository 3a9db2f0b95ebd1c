/** Results and records: one JSON file a key, sealed, whole or not there. */
import type { Digest } from "../core/digest.ts";
import { digestKept } from "../core/file_tree.ts";
import { sha256 } from "../core/sha256.ts";
import { KeyRecord, StepResult } from "../core/step_result.ts";
import { findInfo, hexOf, isConfined, type Places } from "./places.ts";

/** A larger one is none of ours. */
export const largestEntryBytes = 1 << 28;

export function findResult(places: Places, key: Digest): StepResult | undefined {
  const parsed = StepResult.safeParse(readEntry(places, "results", key));
  return parsed.success && parsed.data.key === key && isSound(parsed.data) ? parsed.data : undefined;
}

export function findRecord(places: Places, key: Digest): KeyRecord | undefined {
  const parsed = KeyRecord.safeParse(readEntry(places, "records", key));
  return parsed.success ? parsed.data : undefined;
}

/** Whether its paths are confined and each output's digest is that of its files. */
export const isSound = (result: StepResult): boolean =>
  isConfined(result) && Object.values(result.outputs).every((output) => digestKept(output) === output.digest);

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
  if (findInfo(path)?.isDirectory === true) removeFile(path);
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

/** Whether a record lies under the key, as it was written. */
export const hasRecord = (places: Places, key: Digest): boolean =>
  readEntry(places, "records", key) !== undefined;

const dayMs = 86_400_000;

/** Its time of change is its last use, to the day. */
export function noteUse(places: Places, folder: "records" | "results", key: Digest, now: number): void {
  const path = places.entry(folder, key);
  try {
    const info = places.isThere(folder, hexOf(key)) ? findInfo(path) : undefined;
    if (info?.isFile !== true || Math.abs(now - (info.mtime?.getTime() ?? 0)) < dayMs) return;
    Deno.utimeSync(path, now / 1000, now / 1000);
  } catch {
    // A store that is only read is used without a note.
  }
}

export function forget(places: Places, folder: "records" | "results", key: Digest): void {
  if (places.isThere(folder, hexOf(key))) removeFile(places.entry(folder, key));
}

/** Whatever has the name, and nothing that a link leads to. */
export function removeFile(path: string): void {
  try {
    Deno.removeSync(path, { recursive: findInfo(path)?.isDirectory === true });
  } catch {
    // It is gone already, or may not be removed: then it is met again.
  }
}

function readEntry(places: Places, folder: "records" | "results", key: Digest): unknown {
  if (!places.isThere(folder, hexOf(key))) return undefined;
  const path = places.entry(folder, key);
  const info = findInfo(path);
  if (info === undefined || !info.isFile || info.size > largestEntryBytes) return undefined;
  try {
    const text = Deno.readTextFileSync(path);
    return isSealed(text) ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/** An entry's text. `seal` is its last member: the first half of the SHA-256, in hex digits, of the JSON without it. */
export const sealEntry = (entry: KeyRecord | StepResult): string => seal(JSON.stringify(entry));

/** Whether an entry's text is as it was written: a bit that a disk flipped in a metric or a name is still JSON. */
export const isSealed = (text: string): boolean =>
  seal(`${text.slice(0, text.lastIndexOf(sealMember))}}`) === text;

const sealMember = ',"seal":"';

const seal = (text: string): string => `${text.slice(0, -1)}${sealMember}${sha256(text).slice(0, 32)}"}\n`;
