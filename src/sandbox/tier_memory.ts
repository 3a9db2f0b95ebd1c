/**
 * That bubblewrap worked on this machine, kept in `<cache>/sandbox/`, so that a start need not try it again.
 *
 * It counts only while the program, the kernel, the user, the root file system and the kernel's settings for user
 * namespaces are those it was tried with. That it failed is never kept.
 */
import { join } from "node:path";
import { writeNote } from "../core/atomic_write.ts";

export interface KnownBubblewrap {
  readonly disablesNamespaces: boolean;
}
interface Memory extends KnownBubblewrap {
  readonly version: typeof memoryVersion;
  readonly stamp: string;
}
const memoryVersion = 1;
const settings = [
  "/proc/sys/user/max_user_namespaces",
  "/proc/sys/kernel/unprivileged_userns_clone",
  "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
  // Which namespaces and which confinement we are in ourselves.
  "/proc/self/attr/current",
  "/proc/self/uid_map",
];

export function recallBubblewrap(cache: string, path: string): KnownBubblewrap | undefined {
  try {
    const memory: Memory = JSON.parse(Deno.readTextFileSync(memoryPath(cache)));
    const isSame = memory.version === memoryVersion && memory.stamp === stampOf(path);
    return isSame ? { disablesNamespaces: memory.disablesNamespaces === true } : undefined;
  } catch {
    // None yet, or a damaged one: it holds nothing that cannot be found again.
    return undefined;
  }
}

/** Where the cache cannot be written, the next start tries again. */
export async function rememberBubblewrap(cache: string, path: string, known: KnownBubblewrap): Promise<void> {
  const memory: Memory = { version: memoryVersion, stamp: stampOf(path), ...known };
  await writeNote(memoryPath(cache), `${JSON.stringify(memory, undefined, 1)}\n`);
}

const memoryPath = (cache: string): string => join(cache, "sandbox", "bubblewrap.json");

function stampOf(path: string): string {
  const program = Deno.statSync(path), root = Deno.statSync("/");
  return JSON.stringify([
    path,
    [program.dev, program.ino, program.size, program.mtime?.getTime()],
    [root.dev, root.ino],
    Deno.osRelease(),
    Deno.uid(),
    settings.map(read),
  ]);
}

function read(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}
