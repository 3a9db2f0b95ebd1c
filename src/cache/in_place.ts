/** Whether a run's outputs lie where it put them, as they were made. */
import type { Work } from "../core/at_once.ts";
import { isProgram, walkTree } from "../core/file_tree.ts";
import { findLook, type Look, looksAtOnce } from "../core/look.ts";
import type { KeptFile, KeptOutput, StepResult } from "../core/step_result.ts";
import { blobMemory } from "./blobs.ts";
import { isSound } from "./entries.ts";
import type { Examination } from "./examination.ts";
import { blobName, type Places } from "./places.ts";

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
  const looks = output.isFolder ? yield* findLooks(output, root) : undefined;
  if (output.isFolder && looks === undefined) return false;
  for (const [index, file] of output.files.entries()) {
    if (index % looksAtOnce === 0) yield;
    const path = file.path === "" ? root : `${root}/${file.path}`;
    const look = looks === undefined ? findLook(path) : looks.get(file.path);
    if (look === undefined || isProgram(look) !== file.isProgram) return false;
    const isTrusted = look.sizeBytes === file.sizeBytes && examination.isTrusted(look.stamp, file.digest);
    if (!isTrusted && !(yield* isUnchanged(places, file, path, look, examination))) return false;
    stamps.push(look.stamp);
  }
  return true;
}

function* isUnchanged(
  places: Places,
  file: KeptFile,
  path: string,
  look: Look,
  examination: Examination,
): Work<boolean> {
  yield;
  // A file that is the store's own is remembered as such.
  const name = () => {
    const isBlob = findLook(places.blob(blobName(file)))?.inode === look.inode;
    return isBlob ? blobMemory(blobName(file)) : `place ${path}`;
  };
  return yield* examination.isIntact(path, look, name, file);
}

/** At as many files as the output has, by their paths; undefined of a folder that has not its folders, or a link. */
function* findLooks(output: KeptOutput, root: string): Work<ReadonlyMap<string, Look> | undefined> {
  if (findLook(root)?.is !== "folder") return undefined;
  const files = new Map<string, Look>();
  const emptyFolders = new Set<string>();
  try {
    let count = 0;
    for (const { path, is, look } of walkTree(root)) {
      if (count++ % looksAtOnce === 0) yield;
      if (is === "other") return undefined;
      emptyFolders.delete(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
      if (is === "folder") emptyFolders.add(path);
      else files.set(path, look);
    }
  } catch {
    // What cannot be looked at is not as it was made.
    return undefined;
  }
  const isSame = files.size === output.files.length && emptyFolders.size === output.emptyFolders.length &&
    output.emptyFolders.every((path) => emptyFolders.has(path));
  return isSame ? files : undefined;
}
