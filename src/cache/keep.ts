/**
 * Keeps what steps made: first their files, forced to disk, then the results that name them. What is asked for while
 * others are forced to disk waits and is forced together: a file system writes its journal once for many files.
 */
import { dirname, join } from "node:path";
import { atOnce } from "../core/at_once.ts";
import { forceToDisk } from "../core/force_to_disk.ts";
import type { StepResult } from "../core/step_result.ts";
import { isSound, removeFile, type StagedEntry, stageResult } from "./entries.ts";
import type { Examination } from "./examination.ts";
import { closeFiles, gatherFiles, type KeptPart } from "./keep_files.ts";
import type { StoreSharing } from "./locks.ts";
import { blobName, openPlaces, type Places } from "./places.ts";

/** A group is one share of the store's lock, for which garbage collection waits. */
const groupSize = 256;

interface Asked {
  readonly result: StepResult;
  readonly folder: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What it gives throws RESULT_CHANGED, CACHE_UNUSABLE, FOLDER_NOT_WRITABLE; else the result is on disk when it resolves. */
export function openKeeper(
  cache: string,
  examination: Examination,
  sharing: StoreSharing,
): (result: StepResult, folder: string) => Promise<void> {
  const waiting: Asked[] = [];
  let isWorking = false;
  const work = async () => {
    while (waiting.length > 0) {
      await keepGroup(cache, waiting.splice(0, groupSize), examination, sharing);
    }
    isWorking = false;
  };
  return (result, folder) => {
    if (!isSound(result)) throw new Error("a result is kept whose files are not those of its outputs");
    return new Promise((resolve, reject) => {
      waiting.push({ result, folder, resolve, reject });
      // After this turn: what is asked for together is kept together.
      if (!isWorking) queueMicrotask(work);
      isWorking = true;
    });
  };
}

/** Never throws: each of the group is told. */
async function keepGroup(
  cache: string,
  group: readonly Asked[],
  examination: Examination,
  sharing: StoreSharing,
): Promise<void> {
  try {
    const places = openPlaces(cache);
    places.make();
    const shared = await sharing.share();
    try {
      for (const { resolve } of await keepAll(places, group, examination)) resolve();
    } finally {
      shared.release();
    }
  } catch (error) {
    for (const { reject } of group) reject(error);
  }
}

/** Those that were kept; the others have been told. */
async function keepAll(
  places: Places,
  group: readonly Asked[],
  examination: Examination,
): Promise<readonly Asked[]> {
  const parts = new Map<string, KeptPart>();
  const staged: StagedEntry[] = [];
  try {
    const gathered = await each(group.map((asked) => ({ asked })), async ({ asked }) => {
      const made = await atOnce(gatherFiles(places, asked, parts, examination));
      const entry = stageResult(places, asked.result);
      staged.push(entry);
      return { asked, made, entry };
    });
    const named = new Set(gathered.flatMap(({ made }) => made.map(({ file }) => blobName(file))));
    const needed = [...parts].filter(([name]) => named.has(name)).map(([, part]) => part);
    await forceToDisk([...needed, ...staged].map(({ part }) => part), []);
    const folders = new Set<string>();
    for (const part of needed) {
      part.place(examination);
      folders.add(dirname(part.path)).add(dirname(dirname(part.path)));
    }
    await forceToDisk([], [...folders]);
    const kept = await each(gathered, async ({ asked, made, entry }) => {
      await atOnce(closeFiles(places, made));
      Deno.renameSync(entry.part, entry.path);
      return { asked, folder: dirname(entry.path) };
    });
    // The store's own folders may be as new as what is in them.
    const above = [join(places.cache, "store"), places.cache, dirname(places.cache)];
    const renamed = new Set(kept.flatMap(({ folder }) => [folder, dirname(folder)]));
    await forceToDisk([], [...renamed, ...above]);
    return kept.map(({ asked }) => asked);
  } finally {
    for (const { part } of parts.values()) removeFile(part);
    for (const { part } of staged) removeFile(part);
  }
}

/** One after the other; who asked for what fails is told, and the others go on. */
async function each<In extends { readonly asked: Asked }, Out>(
  all: readonly In[],
  work: (one: In) => Promise<Out>,
): Promise<Out[]> {
  const done: Out[] = [];
  for (const one of all) {
    try {
      done.push(await work(one));
    } catch (error) {
      one.asked.reject(error);
    }
  }
  return done;
}
