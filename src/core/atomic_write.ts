/** Files that are there whole or not at all. */
import { basename, dirname, join } from "node:path";
import { isMachineError, isNotWritable } from "./system_error.ts";

/**
 * Writes `text` to a new file beside `path`, forces it to disk and renames it into place.
 * Two writers leave one of the two texts, never a mixture.
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  await replace(path, text, true);
  await syncFolder(dirname(path));
}

/**
 * The same without forcing it to disk, for what can be found again: after a power loss the file may be empty. To force
 * it would wait for all that was just written beside it, such as a new environment.
 */
export const writeWhole = (path: string, text: string): Promise<void> => replace(path, text, false);

/** The same with the folders above it, for what a cache remembers: where it cannot be written, there is no file. */
export async function writeNote(path: string, text: string): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await writeWhole(path, text);
  } catch (error) {
    if (!isNotWritable(error) && !isMachineError(error)) throw error;
  }
}

async function replace(path: string, text: string, isForced: boolean): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${crypto.randomUUID()}`);
  try {
    {
      using file = await Deno.open(temporary, { write: true, createNew: true });
      await writeAll(file, new TextEncoder().encode(text));
      if (isForced) await file.sync();
    }
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

/** Without this a rename may be undone by a power loss; file systems that cannot are left as they are. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    using file = await Deno.open(folder, { read: true });
    await file.sync();
  } catch (error) {
    // Some network file systems refuse; the file itself is on disk.
    if (isMachineError(error)) throw error;
  }
}
