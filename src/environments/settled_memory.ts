/**
 * What a lock entry came to on this machine, kept in `<store>/settled/`, so that a start with nothing changed needs
 * neither to read the lock nor to look for an interpreter.
 *
 * A memory counts only while every file it rests on is the one it was, by inode, size and time of change.
 */
import { join } from "node:path";
import type { Digest } from "../core/digest.ts";
import { digestValue } from "../core/digest.ts";
import { writeNote } from "../core/atomic_write.ts";
import { currentPlatform } from "./platform.ts";
import type { Description, Settled, Surroundings } from "./provider.ts";
import { lockPaths } from "./lock_paths.ts";

/** The part of `Settled` that an environment which is there needs. */
export interface Remembered {
  readonly id: Digest;
  readonly mustHold: readonly string[];
  readonly description: Description;
}

/** The file's content. */
interface Memory extends Remembered {
  readonly version: typeof memoryVersion;
  /** By path; null for a file that was not there. */
  readonly stamps: Readonly<Record<string, string | null>>;
}
const memoryVersion = 2;

/** What steers the search for interpreters, as that is not done again. */
const searchVariables = ["PATH", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME", "HOME"];

/** Undefined when nothing is known, or something it rests on has changed. */
export function recallSettled(recipeKey: Digest, surroundings: Surroundings): Remembered | undefined {
  try {
    const memory: Memory = JSON.parse(Deno.readTextFileSync(memoryPath(recipeKey, surroundings)));
    if (memory.version !== memoryVersion || !isWhole(memory)) return undefined;
    const isSame = Object.entries(memory.stamps).every(([path, stamp]) => stampOf(path) === stamp);
    return isSame ? memory : undefined;
  } catch {
    // None yet, or a damaged one: it holds nothing that cannot be found again.
    return undefined;
  }
}

/** A disk may have flipped a bit of it. Without a schema: it is read at every start. */
function isWhole({ id, mustHold, description: { path, variables, folders, hasMlflow } }: Memory): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(id) && typeof hasMlflow === "boolean" &&
    typeof variables === "object" &&
    [path, ...mustHold, ...folders, ...Object.values(variables)].every((text) => typeof text === "string");
}

/** Where the cache cannot be written, the next start looks again. */
export async function rememberSettled(
  recipeKey: Digest,
  settled: Settled,
  folder: string,
  surroundings: Surroundings,
): Promise<void> {
  const paths = [...lockPaths(surroundings.project, surroundings.cache), ...settled.restsOn];
  const memory: Memory = {
    version: memoryVersion,
    stamps: Object.fromEntries(paths.map((path) => [path, stampOf(path)])),
    id: settled.id,
    mustHold: settled.mustHold,
    description: settled.describe(folder),
  };
  await writeNote(memoryPath(recipeKey, surroundings), `${JSON.stringify(memory, undefined, 1)}\n`);
}

function memoryPath(recipeKey: Digest, { project, store, variables }: Surroundings): string {
  const search = searchVariables.map((name) => variables[name] ?? null);
  const key = digestValue([recipeKey, project, currentPlatform(), search]);
  return join(store, "settled", `${key.slice("sha256:".length)}.json`);
}

function stampOf(path: string): string | null {
  try {
    const { ino, size, mtime } = Deno.statSync(path);
    return `${ino} ${size} ${mtime?.getTime()}`;
  } catch {
    return null;
  }
}
