/** What lies in the store of environments, and the removal of what nobody needs. */
import { join } from "node:path";
import { z } from "zod";
import { type Digest, digestValue } from "../core/digest.ts";
import { tryLock } from "../core/file_lock.ts";
import { bytecodeLock, bytecodeRoot } from "./bytecode.ts";
import { openProjectLock } from "./project_lock.ts";
import {
  EnvironmentRecord,
  environmentsFolder,
  makeLock,
  recordPath,
  removeEnvironment,
  removeHalfMade,
  useLock,
} from "./store.ts";

/** An environment of the store. */
export interface StoredEnvironment {
  readonly id: Digest;
  readonly folder: string;
  readonly kind: string;
  /** Such as `3.12.1`. */
  readonly python?: string;
  readonly packages: number;
  /** What its files hold; those shared with uv's cache by hard links are counted in full. */
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly lastUsedAt: number;
  /** Folders of the projects that used it. */
  readonly projects: readonly string[];
}

export interface CollectOptions {
  /** Removes what was not used for so many days, 30 by default. */
  readonly unusedForDays?: number;
  /** Says what would be removed, and removes nothing. */
  readonly isDryRun?: boolean;
}

export interface Collected {
  readonly removed: readonly (StoredEnvironment & { readonly because: "unused" | "unnamed" })[];
  /** Half-made environments of killed processes that were removed. */
  readonly leftovers: number;
  readonly freedBytes: number;
}

/** The last used first. */
export async function listEnvironments(cache: string): Promise<readonly StoredEnvironment[]> {
  const found: StoredEnvironment[] = [];
  for (const name of namesIn(environmentsFolder(cache))) {
    if (!/^[0-9a-f]{64}$/.test(name)) continue;
    const stored = await readStored(join(environmentsFolder(cache), name), name);
    if (stored !== undefined) found.push(stored);
  }
  return found.sort((a, b) => b.lastUsedAt - a.lastUsedAt);
}

/**
 * Removes environments that were not used for a while or that no lock of their projects names any longer, and what
 * killed processes left half made. An environment that a running process uses or makes stays.
 */
export async function collectGarbage(cache: string, options: CollectOptions): Promise<Collected> {
  const before = Date.now() - (options.unusedForDays ?? 30) * 24 * 3600_000;
  const removed: Collected["removed"][number][] = [];
  for (const stored of await listEnvironments(cache)) {
    const because = stored.lastUsedAt < before
      ? "unused"
      : await isNamed(stored, cache)
      ? undefined
      : "unnamed";
    if (because === undefined) continue;
    const hex = stored.id.slice("sha256:".length);
    const isRemoved = await whenIdle(cache, hex, async () => {
      if (options.isDryRun) return;
      await removeEnvironment(stored.folder);
      await removeBytecode(cache, hex);
    });
    if (isRemoved) removed.push({ ...stored, because });
  }
  const leftovers = options.isDryRun ? 0 : await removeLeftovers(cache);
  if (!options.isDryRun) await removeLooseBytecode(cache);
  return { removed, leftovers, freedBytes: removed.reduce((sum, one) => sum + one.sizeBytes, 0) };
}

/** Runs `work` while nobody uses or makes the environment; false when somebody does. */
async function whenIdle(cache: string, hex: string, work: () => Promise<void>): Promise<boolean> {
  const using = tryLock(cache, useLock(hex), "exclusive");
  if (using === undefined) return false;
  try {
    const making = tryLock(cache, makeLock(hex), "exclusive");
    if (making === undefined) return false;
    try {
      await work();
      return true;
    } finally {
      making.release();
    }
  } finally {
    using.release();
  }
}

/** Folders of a name that only half-made and half-removed environments have. */
async function removeLeftovers(cache: string): Promise<number> {
  let count = 0;
  for (const name of namesIn(environmentsFolder(cache))) {
    const hex = /^([0-9a-f]{64})\../.exec(name)?.[1];
    if (hex === undefined) continue;
    const making = tryLock(cache, makeLock(hex), "exclusive");
    if (making === undefined) continue;
    try {
      if (await removeHalfMade(join(environmentsFolder(cache), name))) count++;
    } finally {
      making.release();
    }
  }
  return count;
}

/** Bytecode of environments that are gone, and what an older version left. */
async function removeLooseBytecode(cache: string): Promise<void> {
  for (const name of namesIn(bytecodeRoot(cache))) {
    const hex = /^[0-9a-f]{64}/.exec(name)?.[0];
    if (hex === undefined) continue;
    if (name !== hex) await Deno.remove(join(bytecodeRoot(cache), name), { recursive: true }).catch(() => {});
    else if (!namesIn(environmentsFolder(cache)).includes(hex)) {
      await whenIdle(cache, hex, () => removeBytecode(cache, hex));
    }
  }
}

/** Left for the next time where it is being filled. */
async function removeBytecode(cache: string, hex: string): Promise<void> {
  const filling = tryLock(cache, bytecodeLock(hex), "exclusive");
  if (filling === undefined) return;
  try {
    await Deno.remove(join(bytecodeRoot(cache), hex), { recursive: true }).catch(() => {});
  } finally {
    filling.release();
  }
}

/** A project whose lock cannot be read keeps what it used. */
async function isNamed(stored: StoredEnvironment, cache: string): Promise<boolean> {
  const { lock } = EnvironmentRecord.parse(JSON.parse(await Deno.readTextFile(recordPath(stored.folder))));
  for (const project of stored.projects) {
    try {
      const entries = await openProjectLock(project, cache).entries();
      if (entries.some((entry) => digestValue(entry) === lock)) return true;
    } catch {
      return true;
    }
  }
  return false;
}

async function readStored(folder: string, hex: string): Promise<StoredEnvironment | undefined> {
  try {
    const { kind, python, packages } = EnvironmentRecord.parse(
      JSON.parse(await Deno.readTextFile(recordPath(folder))),
    );
    const projects = namesIn(join(folder, "projects"))
      .map((name) => Deno.readTextFileSync(join(folder, "projects", name)));
    return {
      ...{ id: `sha256:${hex}`, folder, kind, packages, projects: projects.sort() },
      ...(python === undefined ? {} : { python }),
      sizeBytes: await sizeOf(folder),
      lastUsedAt: Deno.statSync(recordPath(folder)).mtime?.getTime() ?? 0,
    };
  } catch {
    return undefined;
  }
}

const Size = z.number().int();

/** Walked once, then remembered in `size`: a made environment does not change. */
async function sizeOf(folder: string): Promise<number> {
  const path = join(folder, "size");
  try {
    return Size.parse(Number(await Deno.readTextFile(path)));
  } catch {
    const bytes = walk(folder);
    await Deno.writeTextFile(path, `${bytes}\n`).catch(() => {});
    return bytes;
  }
}

function walk(folder: string): number {
  let bytes = 0;
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory ? walk(path) : entry.isFile ? Deno.lstatSync(path).size : 0;
  }
  return bytes;
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
  } catch {
    return [];
  }
}
