/** Whether a run's outputs lie where it put them, as they were made. */
import { join } from "node:path";
import { isProgram } from "../core/file_tree.ts";
import type { KeptOutput, StepResult } from "../core/step_result.ts";
import { blobMemory } from "./blobs.ts";
import { openBreather } from "./breather.ts";
import { isSound } from "./entries.ts";
import { type Examination, openExamination } from "./examination.ts";
import { blobName, findInfo, listFolder, openPlaces, type Places } from "./places.ts";

export async function areOutputsIntact(
  { cache, clock }: { readonly cache: string; readonly clock: () => number },
  result: StepResult,
  folder: string,
): Promise<boolean> {
  if (!isSound(result) || findInfo(folder)?.isDirectory !== true) return false;
  const places = openPlaces(cache);
  const examination = openExamination(cache, clock);
  try {
    for (const output of Object.values(result.outputs)) {
      if (!await isIntact(places, output, join(folder, output.file), examination)) return false;
    }
    return true;
  } finally {
    await examination.close();
  }
}

async function isIntact(
  places: Places,
  output: KeptOutput,
  root: string,
  examination: Examination,
): Promise<boolean> {
  const breathe = openBreather();
  if (findInfo(root)?.isDirectory !== output.isFolder) return false;
  if (output.isFolder && !await holdsExactly(output, root, breathe)) return false;
  for (const file of output.files) {
    await breathe();
    const path = file.path === "" ? root : join(root, file.path);
    const info = findInfo(path);
    if (info === undefined || isProgram(info) !== file.isProgram) return false;
    // A file that is the store's own is remembered as such.
    const isBlob = findInfo(places.blob(blobName(file)))?.ino === info.ino;
    const name = isBlob ? blobMemory(blobName(file)) : `place ${path}`;
    if (!await examination.isIntact(path, name, file)) return false;
  }
  return true;
}

/** Whether a folder has these files and folders and no others; a link is another. */
async function holdsExactly(
  output: KeptOutput,
  root: string,
  breathe: () => Promise<void> | undefined,
): Promise<boolean> {
  const files = new Set(output.files.map((file) => file.path));
  const emptyFolders = new Set(output.emptyFolders);
  const open = [""];
  while (open.length > 0) {
    await breathe();
    const folder = open.pop()!;
    const entries = listFolder(join(root, folder));
    if (entries.length === 0 && folder !== "" && !emptyFolders.delete(folder)) return false;
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory) open.push(path);
      else if (!entry.isFile || !files.delete(path)) return false;
    }
  }
  return files.size === 0 && emptyFolders.size === 0;
}
