/** The files of outputs on their way into the store, and the store's files in their place. */
import { dirname, join } from "node:path";
import { settled, type Work } from "../core/at_once.ts";
import { digestFile } from "../core/file_tree.ts";
import { findLook, getLook, type Look } from "../core/look.ts";
import type { KeptFile, KeptOutput, StepResult } from "../core/step_result.ts";
import { blobMemory, blobMode, copyFile, hasBlob, linkBlob, refuseChanged, tryLink } from "./blobs.ts";
import { removeFile } from "./entries.ts";
import { type Examination, smallBytes } from "./examination.ts";
import { blobName, foldersAbove, type Places } from "./places.ts";

/** A file that the store does not have yet, under another name. */
export interface KeptPart {
  readonly part: string;
  /** Where it is to lie in the store. */
  readonly path: string;
  /** Puts it there; it has been forced to disk. */
  place(examination: Examination): void;
}

/** A file of an output, where it lies. */
export interface Made {
  readonly file: KeptFile;
  readonly path: string;
}

/** Makes parts of all files that neither the store nor `parts` has, by their names in the store. */
export function* gatherFiles(
  places: Places,
  { result, folder }: { readonly result: StepResult; readonly folder: string },
  parts: Map<string, KeptPart>,
  examination: Examination,
): Work<readonly Made[]> {
  const seen = new Set<string>();
  const all: Made[] = [];
  for (const made of findMade(result, folder)) {
    yield;
    all.push(made);
    const name = blobName(made.file);
    if (seen.has(name) || parts.has(name)) continue;
    if (!(yield* hasBlob(places, made.file, examination))) {
      places.make("files", name);
      parts.set(name, yield* makePart(places, made, result));
    }
    seen.add(name);
  }
  return all;
}

interface Found extends Made {
  readonly look: Look;
}

/** Every file of the outputs, none of them reached by a link. */
function* findMade(result: StepResult, folder: string): Generator<Found> {
  if (findLook(folder)?.is !== "folder") refuseChanged(folder);
  for (const output of Object.values(result.outputs)) {
    const root = join(folder, output.file);
    const real = new Set<string>();
    for (const file of output.files) {
      const path = file.path === "" ? root : join(root, file.path);
      const above = file.path === ""
        ? []
        : [root, ...foldersAbove(file.path).map((each) => join(root, each))];
      for (const each of above) {
        if (!real.has(each) && findLook(each)?.is !== "folder") refuseChanged(each);
        real.add(each);
      }
      const look = findLook(path);
      if (look?.is !== "file" || look.sizeBytes !== file.sizeBytes) refuseChanged(path);
      yield { file, path, look };
    }
  }
}

function* makePart(places: Places, made: Found, result: StepResult): Work<KeptPart> {
  const [name, part] = [blobName(made.file), places.part()];
  const path = places.blob(name);
  try {
    yield* fillPart(made, part, result);
  } catch (error) {
    removeFile(part);
    throw error;
  }
  return {
    part,
    path,
    place(examination) {
      const before = findLook(part);
      Deno.renameSync(part, path);
      examination.noteOwnChange(path, before, blobMemory(name), made.file.digest);
    },
  };
}

/** The step's own file under another name, read-only from now on, or a copy where somebody else has a name of it. */
function* fillPart({ file, path, look }: Found, part: string, result: StepResult): Work<void> {
  if (look.links !== 1 || !tryLink(path, part)) {
    if (!(yield* settled(copyFile(path, part, file)))) refuseChanged(path);
    return;
  }
  const linked = getLook(part);
  if (linked.is !== "file" || linked.inode !== look.inode || linked.device !== look.device) {
    refuseChanged(path);
  }
  Deno.chmodSync(part, blobMode(file));
  const isUntouched = linked.writtenAt <= result.madeBy.endedAt;
  if (isUntouched && linked.sizeBytes > smallBytes) return;
  if ((yield* settled(digestFile(part, linked))) !== file.digest) refuseChanged(path);
}

/**
 * Puts the store's files in the place of those outputs in `folder` that it has already, and copies in the place of those
 * that have a name elsewhere. Only before anybody uses them: a sandbox that shows a file meanwhile, or holds a process to
 * it, would be left with one that is gone. What cannot be replaced stays.
 */
export function* shareFiles(
  places: Places,
  outputs: Readonly<Record<string, KeptOutput>>,
  folder: string,
  examination: Examination,
): Work<void> {
  for (const output of Object.values(outputs)) {
    const root = join(folder, output.file);
    for (const file of output.files) {
      yield;
      const path = file.path === "" ? root : join(root, file.path);
      // Beside the folder: a killed process leaves nothing in an output.
      const part = join(dirname(folder), `.part-${crypto.randomUUID()}`);
      try {
        const isKept = findLook(places.blob(blobName(file))) !== undefined &&
          (yield* hasBlob(places, file, examination));
        const isLinked = isKept && linkBlob(places, file, part, examination);
        if (!isLinked && findLook(path)?.links === 1) continue;
        if (isLinked || (yield* settled(copyFile(path, part, file)))) Deno.renameSync(part, path);
        else removeFile(part);
      } catch {
        removeFile(part);
      }
    }
  }
}

/** Makes the run's own files read-only where they are not the store's. */
export function* closeFiles(places: Places, all: readonly Made[]): Work<void> {
  for (const { file, path } of all) {
    yield;
    const [blob, own] = [findLook(places.blob(blobName(file))), findLook(path)];
    if (own?.is !== "file") refuseChanged(path);
    if (blob?.inode === own.inode && blob.device === own.device) continue;
    if (own.links === 1) Deno.chmodSync(path, blobMode(file));
  }
}
