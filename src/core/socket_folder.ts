/** Where our own Unix sockets lie. */
import { join } from "node:path";

export interface SocketFolder {
  readonly path: string;
  remove(): void;
}

const parent = "/tmp";
const prefix = "sluice-socket-";
/** Younger ones may not be locked yet. */
const settledMs = 60_000;

/** With the kernel's lock on each, which ends with this process, however that ends. */
const folders = new Map<string, Deno.FsFile>();

/**
 * A new folder that only this user may enter, removed by `remove`, when the program ends, or when another program makes
 * one after this one was killed.
 *
 * In `/tmp` whatever TMPDIR says: a socket's path has at most 107 bytes, and none of them may lie where a step can write.
 */
export function makeSocketFolder(): SocketFolder {
  if (folders.size === 0) {
    globalThis.addEventListener("unload", removeAll);
    removeForsaken();
  }
  const path = Deno.makeTempDirSync({ dir: parent, prefix });
  const lock = Deno.openSync(path);
  lock.lockSync(true);
  folders.set(path, lock);
  return { path, remove: () => remove(path) };
}

function remove(path: string): void {
  const lock = folders.get(path);
  if (lock === undefined) return;
  folders.delete(path);
  if (folders.size === 0) globalThis.removeEventListener("unload", removeAll);
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    // Somebody cleared the folder of temporary files.
  }
  lock.close();
}

const removeAll = () => [...folders.keys()].forEach(remove);

/** Removes what killed programs of this user left: folders that nobody holds, with nothing in them but sockets. */
function removeForsaken(): void {
  const own = Deno.uid();
  for (const { name, isDirectory } of Deno.readDirSync(parent)) {
    if (!isDirectory || !name.startsWith(prefix)) continue;
    const path = join(parent, name);
    try {
      const { uid, mtime } = Deno.lstatSync(path);
      if (uid !== own || Math.abs(Date.now() - (mtime?.getTime() ?? Date.now())) < settledMs) continue;
      using lock = Deno.openSync(path);
      if (lock.tryLockSync(true)) removeSockets(path);
    } catch {
      // Another program was faster, or it is none of ours.
    }
  }
}

function removeSockets(path: string): void {
  const entries = [...Deno.readDirSync(path)];
  if (entries.some(({ name }) => Deno.lstatSync(join(path, name)).isSocket !== true)) return;
  for (const { name } of entries) Deno.removeSync(join(path, name));
  Deno.removeSync(path);
}
