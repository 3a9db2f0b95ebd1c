/**
 * The folder of environments that a user's projects share: `<store>/environments/<id>/`, each made under another name
 * and renamed when it is complete. `environment.json` in it says what it is; its time of change is the last use.
 */
import { join } from "node:path";
import { z } from "zod";
import { type Digest, digestBytes } from "../core/digest.ts";
import { lazySchema } from "../core/lazy_schema.ts";
import { isFile } from "./is_file.ts";
import { type HeldLock, lockExclusively, lockShared } from "../core/file_lock.ts";
import { isMachineError, isNotWritable } from "../core/system_error.ts";
import type { Settled, Surroundings, Work } from "./provider.ts";

/** What `environment.json` holds. */
export const EnvironmentRecord = lazySchema(() =>
  z.object({
    version: z.literal(1),
    kind: z.string(),
    python: z.string().optional(),
    packages: z.number().int(),
    /** The digest of the lock entry it was made from. */
    lock: z.string(),
  }).readonly()
);
export type EnvironmentRecord = z.infer<typeof EnvironmentRecord>;

const hexOf = (digest: Digest): string => digest.slice("sha256:".length);
/** Each environment has a folder in it, named by its id. */
export const environmentsFolder = (store: string): string => join(store, "environments");
/** The file that makes a folder a complete environment. */
export const recordPath = (folder: string): string => join(folder, "environment.json");
/** Held shared while an environment is in use. */
export const useLock = (hex: string): string => `use-${hex}`;
/** Held alone while an environment is made or removed. */
export const makeLock = (hex: string): string => `make-${hex}`;

export interface Made {
  readonly folder: string;
  readonly isNew: boolean;
  /** Keeps garbage collection away until released. */
  readonly use: HeldLock;
}

/** An environment that must have been made already; undefined when it is not there, or not whole. */
export async function findMade(
  known: { readonly id: Digest; readonly mustHold: readonly string[] },
  { store, project }: Surroundings,
  work: Work,
): Promise<Made | undefined> {
  const hex = hexOf(known.id);
  const folder = join(environmentsFolder(store), hex);
  const use = await lockShared(store, useLock(hex), work.signal);
  if (isThere(known.mustHold, folder)) {
    noteUse(folder, project);
    return { folder, isNew: false, use };
  }
  use.release();
  return undefined;
}

/** The environment's folder, made by whoever comes first. */
export async function ensureMade(settled: Settled, surroundings: Surroundings, work: Work): Promise<Made> {
  const { store, project } = surroundings;
  const hex = hexOf(settled.id);
  const folder = join(environmentsFolder(store), hex);
  const use = await lockShared(store, useLock(hex), work.signal);
  try {
    const isNew = !isThere(settled.mustHold, folder) && await makeOnce(settled, folder, surroundings, work);
    noteUse(folder, project);
    return { folder, isNew, use };
  } catch (error) {
    use.release();
    throw error;
  }
}

function isThere(mustHold: readonly string[], folder: string): boolean {
  return isFile(recordPath(folder)) && mustHold.every((path) => isFile(join(folder, path)));
}

/** False when another process made it meanwhile. */
async function makeOnce(
  settled: Settled,
  folder: string,
  { store }: Surroundings,
  work: Work,
): Promise<boolean> {
  const making = await lockExclusively(store, makeLock(hexOf(settled.id)), {
    signal: work.signal,
    onWait: () => work.onProgress({ is: "waiting" }),
  });
  try {
    if (isThere(settled.mustHold, folder)) return false;
    await removeLeftovers(folder);
    const temporary = `${folder}.${crypto.randomUUID()}`;
    await Deno.mkdir(temporary, { recursive: true });
    try {
      await settled.make(temporary, work, folder);
      const record: EnvironmentRecord = { version: 1, ...settled.facts };
      await Deno.writeTextFile(recordPath(temporary), JSON.stringify(record, undefined, 2) + "\n");
      await Deno.rename(temporary, folder);
    } catch (error) {
      await Deno.remove(temporary, { recursive: true }).catch(() => {});
      throw error;
    }
    return true;
  } finally {
    making.release();
  }
}

/** Removes what killed processes left of this environment, and the environment itself where it cannot be used. */
export async function removeLeftovers(folder: string): Promise<void> {
  const parent = join(folder, "..");
  const name = folder.slice(parent.length + 1);
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(parent)];
  } catch {
    return;
  }
  for (const entry of entries) {
    if (entry.name.startsWith(`${name}.`)) await removeHalfMade(join(parent, entry.name));
  }
  await removeEnvironment(folder);
}

/** Takes the name away first, so that no half of it is ever found under it. */
export async function removeEnvironment(folder: string): Promise<void> {
  const away = `${folder}.${crypto.randomUUID()}`;
  try {
    await Deno.rename(folder, away);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  await removeHalfMade(away);
}

/** False when it could not be removed: the next time, then. Its make lock must be held. */
export async function removeHalfMade(path: string): Promise<boolean> {
  const { endOrphans } = await import("./orphans.ts");
  await endOrphans(path);
  return await Deno.remove(path, { recursive: true }).then(() => true, () => false);
}

/** Two system calls when the project is known already. A store that is only read is used without a note. */
function noteUse(folder: string, project: string): void {
  const now = new Date();
  const path = join(folder, "projects", hexOf(digestBytes(project)));
  try {
    Deno.utimeSync(recordPath(folder), now, now);
    if (isFile(path)) return;
    Deno.mkdirSync(join(folder, "projects"), { recursive: true });
    Deno.writeTextFileSync(path, project);
  } catch (error) {
    if (!isNotWritable(error) && !isMachineError(error)) throw error;
  }
}
