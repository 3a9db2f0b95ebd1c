/** Makes the outputs of a result from the store, all of them or none. */
import { dirname, join } from "node:path";
import { atOnce, settled, type Work } from "../core/at_once.ts";
import { syncFolder } from "../core/atomic_write.ts";
import { findLook } from "../core/look.ts";
import type { KeptFile, KeptOutput, StepResult } from "../core/step_result.ts";
import { copyFile, hasBlob, linkBlob } from "./blobs.ts";
import { forget, isSound, removeFile } from "./entries.ts";
import type { Examination } from "./examination.ts";
import { shareStore } from "./locks.ts";
import { blobName, foldersAbove, openPlaces, type Places } from "./places.ts";

/** False when what is kept is damaged or gone: then the result is forgotten. */
export async function restoreResult(
  cache: string,
  result: StepResult,
  folder: string,
  examination: Examination,
): Promise<boolean> {
  const places = openPlaces(cache);
  if (findLook(folder)?.is !== "folder") {
    throw new Error(`outputs are restored into \`${folder}\`, no folder`);
  }
  const shared = await shareStore(cache);
  const part = join(dirname(folder), `.part-${crypto.randomUUID()}`);
  try {
    Deno.mkdirSync(part);
    if (!isSound(result) || !await atOnce(makeOutputs(places, result, part, examination))) {
      forget(places, "results", result.key);
      return false;
    }
    moveOutputs(result, part, folder);
    await syncFolder(folder);
    return true;
  } finally {
    removeFile(part);
    shared.release();
  }
}

function* makeOutputs(
  places: Places,
  result: StepResult,
  part: string,
  examination: Examination,
): Work<boolean> {
  const intact = new Set<string>();
  const folders: string[] = [];
  for (const output of Object.values(result.outputs)) {
    folders.push(...makeFolders(output, join(part, output.file)));
    for (const file of output.files) {
      yield;
      const name = blobName(file);
      if (!intact.has(name) && !(yield* hasBlob(places, file, examination))) return false;
      intact.add(name);
      const to = join(part, output.file, file.path);
      const isMade = linkBlob(places, file, to, examination) || (yield* settled(copyBlob(places, file, to)));
      if (!isMade) return false;
    }
  }
  // One after the other: the first writes the file system's journal, the others find it written.
  for (const folder of folders.reverse()) yield syncFolder(folder);
  return true;
}

function makeFolders(output: KeptOutput, root: string): string[] {
  if (!output.isFolder) return [];
  const paths = new Set([...output.files.flatMap((file) => foldersAbove(file.path))]);
  for (const path of output.emptyFolders) [...foldersAbove(path), path].forEach((each) => paths.add(each));
  const folders = [root, ...[...paths].sort().map((path) => join(root, path))];
  for (const folder of folders) Deno.mkdirSync(folder);
  return folders;
}

async function copyBlob(places: Places, file: KeptFile, to: string): Promise<boolean> {
  const from = places.blob(blobName(file));
  try {
    if (await copyFile(from, to, file)) return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  removeFile(from);
  return false;
}

function moveOutputs(result: StepResult, part: string, folder: string): void {
  const names = Object.values(result.outputs).map((output) => output.file);
  const taken = names.find((name) => findLook(join(folder, name)) !== undefined);
  if (taken !== undefined) throw new Error(`outputs are restored over \`${join(folder, taken)}\``);
  const moved: string[] = [];
  try {
    for (const name of names) {
      Deno.renameSync(join(part, name), join(folder, name));
      moved.push(name);
    }
  } catch (error) {
    for (const name of moved) Deno.renameSync(join(folder, name), join(part, name));
    throw error;
  }
}
