/**
 * Environments: from what a step asks for to a folder that is ready to run in.
 *
 * What is asked for is resolved once into the project's `sluice.lock`; what is locked is made once into the cache that
 * all projects of a user share. This file holds that way; each kind of environment is a provider of its own.
 */
import { basename, join, resolve } from "node:path";
import type { EnvironmentObservation, EnvironmentSpec, ReadyEnvironment } from "../core/environment.ts";
import { canonicalJson } from "../core/canonical_json.ts";
import type { Digest } from "../core/digest.ts";
import { cacheFolder } from "../core/cache_folder.ts";
import { refuse } from "../core/error.ts";
import type { Environments } from "../core/ports/environments.ts";
import type { HeldLock } from "../core/file_lock.ts";
import type { Filling } from "./bytecode.ts";
import type { Collected, CollectOptions, StoredEnvironment } from "./garbage.ts";
import type { LockView } from "./project_lock.ts";
import type { Description, Recipe, Settled, Surroundings, Work } from "./provider.ts";
import { answer } from "./providers.ts";
import type { Relocked, RelockQuestion } from "./relock.ts";
import { recallSettled, rememberSettled } from "./settled_memory.ts";

export type { StoredEnvironment } from "./garbage.ts";
export type { LockView } from "./project_lock.ts";
export type { EnvironmentChange } from "./relock.ts";

/** The environments of one project, and the store they share with the user's others. */
export interface ProjectEnvironments extends Environments {
  /** What `sluice.lock` says. Fails with LOCK_INVALID, FORMAT_NEWER. */
  readLock(): Promise<LockView>;
  /** Locks one pipeline of the project, or says what that would change. Makes no environment. */
  relock(question: RelockQuestion, work: Work): Promise<Relocked>;
  /** All environments of the store, the last used first. */
  list(): Promise<readonly StoredEnvironment[]>;
  /** Removes what nobody needs; never an environment in use. */
  collectGarbage(options?: CollectOptions): Promise<Collected>;
  /** Lets garbage collection have what `prepare` gave out. The end of the process does the same. */
  close(): Promise<void>;
}

export interface OpenEnvironments {
  /** The folder of `sluice.lock`. */
  readonly project: string;
  /** `$XDG_CACHE_HOME/sluice` by default, else `~/.cache/sluice`. */
  readonly cache?: string;
  /**
   * The folder that environments are made in, `cache` by default. An empty one has all of them made anew from the lock,
   * by the tools of `cache`; it can be removed once they are closed.
   */
  readonly store?: string;
  /** Refuses what is not in the lock, with LOCK_MISSING, instead of resolving it. */
  readonly isLocked?: boolean;
  /** The caller's environment variables: where to look for programs, and pip's and uv's settings. */
  readonly variables: Readonly<Record<string, string>>;
  /** Reads an environment file of conda; needed where a spec names one. */
  readonly readCondaFile?: Surroundings["readCondaFile"];
}

/** Opens them; nothing is read or written yet. */
export function openEnvironments(options: OpenEnvironments): ProjectEnvironments {
  const cache = options.cache ?? cacheFolder(options.variables);
  const surroundings: Surroundings = {
    project: resolve(options.project),
    ...{ cache, store: options.store ?? cache },
    variables: options.variables,
    readCondaFile: options.readCondaFile ?? ((path) => Promise.reject(new Error(`nobody reads ${path}`))),
  };
  const inUse = new Map<string, HeldLock>();
  const fillings = new Map<string, Filling>();
  /** Those that are to be started. */
  const due = new Map<
    string,
    { readonly start: () => void; readonly timer: ReturnType<typeof setTimeout> }
  >();
  const underWay = new Map<string, Promise<ReadyEnvironment>>();
  const lock = memoized(async () => {
    const { openProjectLock } = await import("./project_lock.ts");
    return openProjectLock(surroundings.project, surroundings.cache);
  });

  async function prepareNow(spec: EnvironmentSpec, work: Work): Promise<ReadyEnvironment> {
    const found = await answer(spec, surroundings);
    if (found.is === "present") return { id: found.id, ...found.description, isNew: false };
    const { ensureMade, findMade } = await import("./store.ts");
    const remembered = recallSettled(found.recipe.key, surroundings);
    const made = remembered === undefined ? undefined : await findMade(remembered, surroundings, work);
    if (remembered !== undefined && made !== undefined) {
      keepInUse(remembered.id, made.use);
      return await giveOut(remembered.id, remembered.description, made);
    }
    const settled = await settleLocked(found.recipe, work);
    const { folder, isNew, use } = await ensureMade(settled, surroundings, work);
    keepInUse(settled.id, use);
    await rememberSettled(found.recipe.key, settled, folder, surroundings);
    return await giveOut(settled.id, settled.describe(folder), { folder, isNew });
  }

  async function giveOut(
    id: Digest,
    description: Description,
    { folder, isNew }: { readonly folder: string; readonly isNew: boolean },
  ): Promise<ReadyEnvironment> {
    const bytecode = description.variables["PYTHONPYCACHEPREFIX"];
    if (bytecode === undefined) return { id, ...description, isNew };
    const { ensureBytecodeFolder, forgetBytecode, startFilling } = await import("./bytecode.ts");
    if (isNew) await forgetBytecode(bytecode);
    const state = ensureBytecodeFolder(bytecode);
    if (state === "filling" && !fillings.has(id) && !due.has(id)) {
      const start = () => {
        clearTimeout(due.get(id)?.timer);
        due.delete(id);
        const filling = startFilling(folder, basename(bytecode), surroundings);
        if (filling !== undefined) fillings.set(id, filling);
      };
      // A program that ends before has nothing of it, and would wait for another to be started.
      const timer = setTimeout(start, fillingDelayMs);
      Deno.unrefTimer(timer);
      due.set(id, { start, timer });
    }
    const folders = description.folders.filter((one) => one !== bytecode || state !== undefined);
    return { id, ...description, folders, isNew };
  }

  function keepInUse(id: Digest, use: HeldLock): void {
    inUse.get(id)?.release();
    inUse.set(id, use);
  }

  async function settleLocked(recipe: Recipe, work: Work): Promise<Settled> {
    const projectLock = await lock();
    const entry = await projectLock.find(recipe.key);
    if (entry !== undefined) return await recipe.settle(entry);
    if (options.isLocked) refuseUnlocked(surroundings.project);
    const { lockExclusively } = await import("../core/file_lock.ts");
    const held = await lockExclusively(surroundings.cache, `resolve-${recipe.key.slice("sha256:".length)}`, {
      signal: work.signal,
      onWait: () => work.onProgress({ is: "waiting" }),
    });
    try {
      const meanwhile = await projectLock.find(recipe.key);
      if (meanwhile !== undefined) return await recipe.settle(meanwhile);
      const resolved = await recipe.resolve(await projectLock.entries(), work);
      await projectLock.add(recipe.key, resolved, work.signal);
      return await recipe.settle(resolved);
    } finally {
      held.release();
    }
  }

  return {
    async warm(id, { onWait, signal }) {
      due.get(id)?.start();
      const filling = fillings.get(id);
      if (filling === undefined || signal.aborted) return;
      onWait();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, longestWarmingMs);
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", end);
          resolve();
        };
        signal.addEventListener("abort", end);
        filling.ended.then(end);
      });
    },
    async observe(spec): Promise<EnvironmentObservation> {
      const found = await answer(spec, surroundings);
      if (found.is === "present") return { is: "locked", id: found.id };
      const remembered = recallSettled(found.recipe.key, surroundings);
      if (remembered !== undefined) return { is: "locked", id: remembered.id };
      const entry = await (await lock()).find(found.recipe.key);
      if (entry === undefined) {
        return {
          is: "unlocked",
          because: "`sluice.lock` has no entry for these requirements on this platform",
        };
      }
      return { is: "locked", id: (await found.recipe.settle(entry)).id };
    },
    async contents(spec) {
      const found = await answer(spec, surroundings);
      if (found.is === "present") return found.contents;
      const entry = await (await lock()).find(found.recipe.key);
      return entry === undefined ? undefined : (await found.recipe.settle(entry)).contents;
    },
    async prepare(spec, work) {
      // Steps that start together share one preparation, and its first caller's progress.
      const key = canonicalJson(spec);
      const before = underWay.get(key);
      if (before !== undefined) return { ...await before, isNew: false };
      const promise = prepareNow(spec, work);
      underWay.set(key, promise);
      try {
        return await promise;
      } finally {
        underWay.delete(key);
      }
    },
    readLock: async () => await (await lock()).read(),
    async relock(question, work) {
      const { relock } = await import("./relock.ts");
      return await relock(question, await lock(), surroundings, work);
    },
    async list() {
      const { listEnvironments } = await import("./garbage.ts");
      return await listEnvironments(surroundings.store);
    },
    async collectGarbage(collect = {}) {
      const { collectGarbage } = await import("./garbage.ts");
      return await collectGarbage(surroundings.store, collect);
    },
    async close() {
      for (const held of inUse.values()) held.release();
      inUse.clear();
      for (const { timer } of due.values()) clearTimeout(timer);
      due.clear();
      const stopped = [...fillings.values()];
      fillings.clear();
      for (const filling of stopped) filling.stop();
      await Promise.all(stopped.map((filling) => filling.ended));
    },
  };
}

function refuseUnlocked(project: string): never {
  refuse({
    code: "LOCK_MISSING",
    message: `Cannot make an environment that \`${
      join(project, "sluice.lock")
    }\` has no entry for, as it is to be locked`,
    hint: "Run `sluice lock` and commit `sluice.lock`",
  });
}

/** Until compiling begins where nobody waits for it. */
const fillingDelayMs = 200;

/** After this a program compiles what is not compiled yet by itself. */
const longestWarmingMs = 15_000;

function memoized<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}
