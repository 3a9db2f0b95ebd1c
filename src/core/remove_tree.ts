/** Removes folders that others filled, however deep and whatever rights they gave them. */
import { join } from "node:path";

/**
 * A path is at most 4096 bytes long, and `Deno.remove` overflows its stack some ten thousand folders down, which ends
 * the process: a folder with a longer path below the root is moved to the root, with all in it.
 */
const longestPath = 1000;
/** Between two turns of the event loop. */
const foldersAtOnce = 100;
/** As many files and folders, and of files so many bytes, go in less time than it takes to have another thread do it. */
const few = { entries: 50, bytes: 1 << 24 };

/** A link is removed, not followed. Throws what `Deno.remove` does, `Deno.errors.NotFound` among it. */
export async function removeTree(root: string): Promise<void> {
  const { entries, bytes } = await flatten(root, () => {});
  try {
    if (entries <= few.entries && bytes <= few.bytes) Deno.removeSync(root, { recursive: true });
    else await Deno.remove(root, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    await flatten(root, (folder) => Deno.chmodSync(folder, 0o700));
    await Deno.remove(root, { recursive: true });
  }
}

/** Calls `open` before it looks into a folder. Gives what was found, up to what is no longer few. */
async function flatten(
  root: string,
  open: (folder: string) => void,
): Promise<{ entries: number; bytes: number }> {
  const found = { entries: 0, bytes: 0 };
  if (!isFolder(root)) return { ...found, bytes: sizeOf(root) };
  const folders = [root];
  for (let seen = 1; folders.length > 0; seen++) {
    const folder = folders.pop()!;
    try {
      open(folder);
      for (const { name, isDirectory } of Deno.readDirSync(folder)) {
        const path = join(folder, name);
        if (isDirectory) folders.push(raised(path, root));
        else if (found.entries < few.entries) found.bytes += sizeOf(path);
        found.entries++;
      }
    } catch {
      // What cannot be seen into `Deno.remove` tells of.
    }
    if (seen % foldersAtOnce === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return found;
}

/** Where the folder lies from now on. */
function raised(path: string, root: string): string {
  if (path.length - root.length <= longestPath) return path;
  const to = join(root, `.raised-${crypto.randomUUID()}`);
  Deno.renameSync(path, to);
  return to;
}

function isFolder(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch {
    return false;
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.lstatSync(path).size;
  } catch {
    return 0;
  }
}
