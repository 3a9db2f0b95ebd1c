/** Whether a run's outputs lie where it put them, as they were made. */
import { join } from "node:path";
import type { Work } from "../core/at_once.ts";
import { isProgram } from "../core/file_tree.ts";
import { findLook } from "../core/look.ts";
import type { KeptOutput, StepResult } from "../core/step_result.ts";
import { blobMemory } from "./blobs.ts";
import { isSound } from "./entries.ts";
import type { Examination } from "./examination.ts";
import { blobName, listFolder, type Places } from "./places.ts";

/** The stamps of their files, in their order; undefined where they are not intact. */
export function* findIntact(
  places: Places,
  result: StepResult,
  folder: string,
  examination: Examination,
): Work<readonly string[] | undefined> {
  if (!isSound(result) || findLook(folder)?.is !== "folder") return undefined;
  const stamps: string[] = [];
  for (const output of Object.values(result.outputs)) {
    const root = `${folder}/${output.file}`;
    if (!(yield* isIntact(places, output, root, examination, stamps))) return undefined;
  }
  return stamps;
}

function* isIntact(
  places: Places,
  output: KeptOutput,
  root: string,
  examination: Examination,
  stamps: string[],
): Work<boolean> {
  if (output.isFolder && !(yield* holdsExactly(output, root))) return false;
  for (const file of output.files) {
    yield;
    const path = file.path === "" ? root : `${root}/${file.path}`;
    const look = findLook(path);
    if (look === undefined || isProgram(look) !== file.isProgram) return false;
    // A file that is the store's own is remembered as such.
    const name = () => {
      const isBlob = findLook(places.blob(blobName(file)))?.inode === look.inode;
      return isBlob ? blobMemory(blobName(file)) : `place ${path}`;
    };
    if (!(yield* examination.isIntact(path, look, name, file))) return false;
    stamps.push(look.stamp);
  }
  return true;
}

/** Whether a folder has these files and folders and no others; a link is another. */
function* holdsExactly(output: KeptOutput, root: string): Work<boolean> {
  if (findLook(root)?.is !== "folder") return false;
  const files = new Set(output.files.map((file) => file.path));
  const emptyFolders = new Set(output.emptyFolders);
  const open = [""];
  while (open.length > 0) {
    yield;
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
