/** Where our own Unix sockets lie. */

export interface SocketFolder {
  readonly path: string;
  remove(): void;
}

const folders = new Set<string>();

/**
 * A new folder that only this user may enter, removed by `remove` or when the program ends.
 *
 * In `/tmp` whatever TMPDIR says: a socket's path has at most 107 bytes, and none of them may lie where a step can write.
 */
export function makeSocketFolder(): SocketFolder {
  if (folders.size === 0) globalThis.addEventListener("unload", removeAll);
  const path = Deno.makeTempDirSync({ dir: "/tmp", prefix: "sluice-" });
  folders.add(path);
  return { path, remove: () => remove(path) };
}

function remove(path: string): void {
  if (!folders.delete(path)) return;
  if (folders.size === 0) globalThis.removeEventListener("unload", removeAll);
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    // Somebody cleared the folder of temporary files.
  }
}

const removeAll = () => folders.forEach(remove);
