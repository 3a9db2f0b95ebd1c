/** What must outlast a power loss: the bytes of files, and the names in folders, which are saved by themselves. */
import { syncFolder } from "./atomic_write.ts";
import { openCLibrary } from "./c_library.ts";

/** Forced together: a file system then writes its journal once for many. */
const batchSize = 64;
/** From so many on it is faster to force all that the file system has not written yet, of others, too. */
const manyFiles = 256;

/**
 * Settles when the bytes of `files` and the names that stand in `folders` are on disk. All lie in one file system.
 * Throws for a file that is not there or cannot be written down; a folder that a file system does not force is left so.
 */
export async function forceToDisk(files: readonly string[], folders: readonly string[]): Promise<void> {
  const [first] = files;
  if (files.length >= manyFiles && first !== undefined && await forceFileSystem(first)) return;
  const forced = [
    ...files.map((path) => () => syncFile(path)),
    ...folders.map((path) => () => syncFolder(path)),
  ];
  for (let at = 0; at < forced.length; at += batchSize) {
    await Promise.all(forced.slice(at, at + batchSize).map((force) => force()));
  }
}

async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path);
  await file.sync();
}

const closeOnExec = 0o2000000;

/** The whole file system of `path`; false where that cannot be said to have been done. */
async function forceFileSystem(path: string): Promise<boolean> {
  const library = openCLibrary({
    open: { parameters: ["buffer", "i32"], result: "i32" },
    syncfs: { parameters: ["i32"], result: "i32", nonblocking: true },
    close: { parameters: ["i32"], result: "i32" },
  });
  if (library === undefined) return false;
  const descriptor = library.open(new TextEncoder().encode(`${path}\0`), closeOnExec);
  if (descriptor < 0) return false;
  try {
    return await library.syncfs(descriptor) === 0;
  } finally {
    library.close(descriptor);
  }
}
