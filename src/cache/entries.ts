/** Results and records: one JSON file a key, sealed, whole or not there. */
import type { Digest } from "../core/digest.ts";
import { digestKept } from "../core/file_tree.ts";
import { findLook, openReader } from "../core/look.ts";
import { sha256 } from "../core/sha256.ts";
import { type KeptOutput, KeyRecord, StepResult } from "../core/step_result.ts";
import { hexOf, isConfined, openPlaces, type Places } from "./places.ts";

/** A larger one is none of ours. */
export const largestEntryBytes = 1 << 28;

type EntryFolder = "records" | "results";

/** Reads entries of one store; holds its folder open until it is closed. */
export interface Entries {
  /** What is kept under a key, and when it was last used, in milliseconds since 1970. */
  findResult(key: Digest): { readonly result: StepResult; readonly usedAt: number } | undefined;
  findRecord(key: Digest): KeyRecord | undefined;
  close(): void;
}

export function openEntries(cache: string): Entries {
  const reader = openReader(cache);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  function read(
    folder: EntryFolder,
    key: Digest,
  ): { readonly text: string; readonly usedAt: number } | undefined {
    const hex = hexOf(key);
    const reading = reader.read(`store/${folder}/${hex.slice(0, 2)}/${hex}.json`);
    if (reading !== undefined) {
      return { text: decoder.decode(reading.bytes), usedAt: reading.look.writtenAt };
    }
    const places = openPlaces(cache);
    const path = places.entry(folder, key);
    const look = places.isThere(folder, hex) ? findLook(path) : undefined;
    if (look?.is !== "file" || look.sizeBytes > largestEntryBytes) return undefined;
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
      return isSound(parsed.data) ? { result: parsed.data, usedAt: found.usedAt } : undefined;
    },
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
export const isSound = (result: StepResult): boolean =>
  isConfined(result) && Object.values(result.outputs).every(isWhole);

function isWhole(output: KeptOutput): boolean {
  if (whole.has(output)) return true;
  if (digestKept(output) !== output.digest) return false;
  whole.add(output);
  return true;
}

/** Outputs do not change, and those of many files take long to digest. */
const whole = new WeakSet<KeptOutput>();

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

/** Its time of change is its last use, to the day. `usedAt` is what was found with it. */
export function noteUse(cache: string, key: Digest, usedAt: number, now: number): void {
  if (Math.abs(now - usedAt) < dayMs) return;
  const places = openPlaces(cache);
  const path = places.entry("results", key);
  try {
    const isFile = places.isThere("results", hexOf(key)) && findLook(path)?.is === "file";
    if (isFile) Deno.utimeSync(path, now / 1000, now / 1000);
  } catch {
    // A store that is only read is used without a note.
  }
}

export function forget(places: Places, folder: EntryFolder, key: Digest): void {
  if (places.isThere(folder, hexOf(key))) removeFile(places.entry(folder, key));
}

/** Whatever has the name, and nothing that a link leads to. */
export function removeFile(path: string): void {
  try {
    Deno.removeSync(path, { recursive: findLook(path)?.is === "folder" });
  } catch {
    // It is gone already, or may not be removed: then it is met again.
  }
}

/** An entry's text. `seal` is its last member: the first half of the SHA-256, in hex digits, of the JSON without it. */
export const sealEntry = (entry: KeyRecord | StepResult): string => seal(JSON.stringify(entry));

/** Whether an entry's text is as it was written: a bit that a disk flipped in a metric or a name is still JSON. */
export const isSealed = (text: string): boolean =>
  seal(`${text.slice(0, text.lastIndexOf(sealMember))}}`) === text;

const sealMember = ',"seal":"';

const seal = (text: string): string => `${text.slice(0, -1)}${sealMember}${sha256(text).slice(0, 32)}"}\n`;
