/** Files of the store: named by their content, read-only, made under another name. */
import type { Work } from "../core/at_once.ts";
import { isNotWritable, systemErrorNumber } from "../core/system_error.ts";
import { refuse } from "../core/error.ts";
import { digestFile } from "../core/file_tree.ts";
import { findLook, getLook } from "../core/look.ts";
import type { KeptFile } from "../core/step_result.ts";
import { removeFile } from "./entries.ts";
import type { Examination } from "./examination.ts";
import { blobName, type Places } from "./places.ts";

/** How a file of the store is remembered. */
export const blobMemory = (name: string): string => `blob ${name}`;

/** Read-only rights, with those to execute where the file had them. */
export const blobMode = (file: Pick<KeptFile, "isProgram">): number => file.isProgram ? 0o555 : 0o444;

/** Whether the store holds the file as it was; a damaged one is removed. */
export function* hasBlob(places: Places, file: KeptFile, examination: Examination): Work<boolean> {
  const name = blobName(file);
  const path = places.blob(name);
  const look = places.isThere("files", name) ? findLook(path) : undefined;
  if (look === undefined) return false;
  if (yield* examination.isIntact(path, look, () => blobMemory(name), file)) return true;
  removeFile(path);
  return false;
}

/**
 * Gives the store's file a further name, `to`, with its rights. False where it cannot have one: on another file system,
 * with too many names already, or where links are refused.
 */
export function linkBlob(places: Places, file: KeptFile, to: string, examination: Examination): boolean {
  const name = blobName(file);
  const from = places.blob(name);
  const before = findLook(from);
  if (before === undefined || !tryLink(from, to)) return false;
  const made = getLook(to);
  if (made.is !== "file" || made.inode !== before.inode || made.device !== before.device) {
    Deno.removeSync(to);
    return false;
  }
  if ((made.mode & 0o777) !== blobMode(file)) Deno.chmodSync(to, blobMode(file));
  const memory = blobMemory(name);
  if (examination.isKnown(before, memory, file.digest)) {
    examination.noteOwnChange(from, before, memory, file.digest);
  }
  return true;
}

/** A file of its own with the bytes of `from`, sharing them where the file system can; false when they are others. */
export async function copyFile(from: string, to: string, file: KeptFile): Promise<boolean> {
  await Deno.copyFile(from, to);
  await Deno.chmod(to, blobMode(file));
  return await digestFile(to) === file.digest;
}

/** False where the file system does not: then a copy will do. */
export function tryLink(from: string, to: string): boolean {
  try {
    Deno.linkSync(from, to);
    return true;
  } catch (error) {
    if (linksImpossible.has(systemErrorNumber(error)) || isNotWritable(error)) return false;
    throw error;
  }
}

/** Of Linux: EXDEV, EMLINK, ENOSYS, EOPNOTSUPP. */
const linksImpossible: ReadonlySet<number | undefined> = new Set([18, 31, 38, 95]);

/** Refuses to keep what is no longer what was digested. */
export function refuseChanged(path: string): never {
  refuse({
    code: "RESULT_CHANGED",
    message: `Cannot keep \`${path}\` as it changed since the step made it`,
    at: { file: path },
    hint: "Leave a run's files as they are; the step runs again the next time",
  });
}
