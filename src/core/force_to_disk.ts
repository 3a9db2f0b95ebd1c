/** What must outlast a power loss: the bytes of files, and the names in folders, which are saved by themselves. */
import { syncFolder } from "./atomic_write.ts";
import { openCLibrary } from "./c_library.ts";
import { findLook } from "./look.ts";

/** Forced together: a file system then writes its journal once for many. */
const batchSize = 64;
/** From so many on it is faster to force all that the file system has not written yet, of others, too. */
const many = 8;
/** The same where others write so much that it takes long. */
const veryMany = 256;
/** What takes longer is not tried again for ten times as long. */
const longMs = 100;
let restingUntil = -Infinity;

/**
 * Settles when the bytes of `files` and the names that stand in `folders` are on disk.
 * Throws for a file that is not there or cannot be written down; a folder that a file system does not force is left so.
 */
export async function forceToDisk(files: readonly string[], folders: readonly string[]): Promise<void> {
  const least = performance.now() < restingUntil ? veryMany : many;
  if (files.length + folders.length >= least && await forceFileSystems([...files, ...folders])) return;
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

/** The whole file systems that `paths` lie in; false where that cannot be said to have been done. */
async function forceFileSystems(paths: readonly string[]): Promise<boolean> {
  const begun = performance.now();
  const first = new Map<number, string>();
  for (const path of paths) {
    const look = findLook(path);
    if (look === undefined || look.is === "link") return false;
    if (!first.has(look.device)) first.set(look.device, path);
  }
  for (const path of first.values()) if (!await forceFileSystem(path)) return false;
  const tookMs = performance.now() - begun;
  if (tookMs > longMs) restingUntil = performance.now() + 10 * tookMs;
  return true;
}

const openLibrary = () =>
  openCLibrary({
    open: { parameters: ["buffer", "i32"], result: "i32" },
    syncfs: { parameters: ["i32"], result: "i32", nonblocking: true },
    close: { parameters: ["i32"], result: "i32" },
  });
let opened: { readonly library: ReturnType<typeof openLibrary> } | undefined;

async function forceFileSystem(path: string): Promise<boolean> {
  opened ??= { library: openLibrary() };
  const { library } = opened;
  if (library === undefined) return false;
  const descriptor = library.open(new TextEncoder().encode(`${path}\0`), closeOnExec);
  if (descriptor < 0) return false;
  try {
    return await library.syncfs(descriptor) === 0;
  } finally {
    library.close(descriptor);
  }
}
