/** Files that are there whole or not at all. */
import { basename, dirname, join } from "node:path";
import { isMachineError, isNotWritable } from "./system_error.ts";
import { writeAll } from "./write_all.ts";

/**
 * Writes `text` to a new file beside `path`, forces it to disk and renames it into place.
 * Two writers leave one of the two texts, never a mixture.
 *
 * Throws what Deno throws; the new text is then at `path` only where the folder could not be forced to disk.
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${crypto.randomUUID()}`);
  try {
    {
      using file = await Deno.open(temporary, { write: true, createNew: true });
      await writeAll(file, new TextEncoder().encode(text));
      await file.sync();
    }
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
}

/**
 * The same with the folders above it, for what a cache remembers and can find again: where there is no place or no room,
 * or somebody writes it already, there is no file. Not forced to disk, as that would wait for all that was just written
 * beside it, such as a new environment: after a power loss it may be empty. What a killed process left half written is
 * written over.
 */
export async function writeNote(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.part`);
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    using file = await Deno.open(temporary, { read: true, write: true, create: true });
    if (!await file.tryLock(true) || !await isFileAt(temporary, file)) return;
    await file.truncate(0);
    await writeAll(file, new TextEncoder().encode(text));
    await Deno.rename(temporary, path);
  } catch (error) {
    if (!isNotWritable(error) && !isMachineError(error)) throw error;
  }
}

/** Another writer may have given it its own name since it was opened. */
async function isFileAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const [opened, named] = await Promise.all([file.stat(), Deno.lstat(path).catch(() => undefined)]);
  return named?.isFile === true && named.ino === opened.ino && named.dev === opened.dev;
}

/**
 * Forces the names in a folder to disk: without this a rename may be undone by a power loss. File systems that cannot
 * are left as they are; what the machine itself fails with, such as a broken disk, is thrown.
 */
export async function syncFolder(folder: string): Promise<void> {
  try {
    using file = await Deno.open(folder, { read: true });
    await file.sync();
  } catch (error) {
    // Some network file systems refuse; the file itself is on disk.
    if (isMachineError(error)) throw error;
  }
}
