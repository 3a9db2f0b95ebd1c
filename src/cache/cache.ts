/**
 * Cache: what steps made, by content, for all projects of a user.
 *
 * A result names files of the store by their digests, and its key names all that could change them. The store is used
 * by many processes at once; what is damaged, unreadable or of another version is as if it were not there.
 */
import { atOnce, type Work } from "../core/at_once.ts";
import type { Digest } from "../core/digest.ts";
import type { Cache } from "../core/ports/cache.ts";
import type { StepResult } from "../core/step_result.ts";
import { openEntries, writeRecord } from "./entries.ts";
import { openDigestMemory } from "./digest_memory.ts";
import { openExamination } from "./examination.ts";
import { findIntact } from "./in_place.ts";
import { openKeeper } from "./keep.ts";
import { shareFiles } from "./keep_files.ts";
import { clearLeftovers } from "./leftovers.ts";
import { lease, leaseName, openSharing } from "./locks.ts";
import { openPlaces } from "./places.ts";
import { openResults } from "./results.ts";
import { restoreResult } from "./restore.ts";
import { findText, keepText } from "./texts.ts";

export interface OpenCache {
  /** `<cache>` of the store, as for environments. */
  readonly cache: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Names the project, of which it is remembered which results it used last. */
  readonly scope?: string;
}

/** Opens it; nothing is read or written yet. */
export function openCache({ cache, clock, scope }: OpenCache): Cache {
  const memory = openDigestMemory(cache, clock);
  const entries = openEntries(cache);
  const examination = openExamination(memory, clock);
  const results = openResults({ cache, clock, scope, entries, examination, memory });
  function* isIntact(result: StepResult, folder: string): Work<boolean> {
    const stamps = yield* findIntact(openPlaces(cache), result, folder, examination);
    if (stamps !== undefined) results.noteIntact(result, stamps);
    return stamps !== undefined;
  }
  const sharing = openSharing(cache);
  const keptTexts = new Set<Digest>();
  return {
    find: (key) => results.find(key),
    peek: (key) => results.peek(key),
    isIntact: (result, folder) => atOnce(isIntact(result, folder)),
    restore: (result, folder) => restoreResult(cache, result, folder, examination),
    share: (outputs, folder) => atOnce(shareFiles(openPlaces(cache), outputs, folder, examination)),
    keep: openKeeper(cache, examination, sharing),
    lease: (key, waiting) => lease(cache, leaseName(key), waiting),
    isRecorded: (key) => entries.findRecord(key) !== undefined,
    async record(key, record, texts) {
      if (entries.findRecord(key) !== undefined) return;
      const places = openPlaces(cache);
      places.make();
      const shared = await sharing.share();
      try {
        for (const [digest, text] of texts) {
          if (!keptTexts.has(digest)) keepText(places, digest, text);
          keptTexts.add(digest);
        }
        writeRecord(places, key, record);
      } finally {
        shared.release();
      }
    },
    findRecord: (key) => Promise.resolve(entries.findRecord(key)),
    clearLeftovers: () => clearLeftovers(cache),
    findText: (digest) => Promise.resolve(findText(openPlaces(cache), digest)),
    async close() {
      entries.close();
      results.flush();
      await examination.flush();
      await sharing.close();
      await memory.flush();
      memory.close();
    },
  };
}
