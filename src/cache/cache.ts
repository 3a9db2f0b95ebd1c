/**
 * Cache: what steps made, by content, for all projects of a user.
 *
 * A result names files of the store by their digests, and its key names all that could change them. The store is used
 * by many processes at once; what is damaged, unreadable or of another version is as if it were not there.
 */
import type { Digest } from "../core/digest.ts";
import type { Cache } from "../core/ports.ts";
import { findRecord, findResult, hasRecord, noteUse, writeRecord } from "./entries.ts";
import { areOutputsIntact } from "./in_place.ts";
import { openKeeper } from "./keep.ts";
import { clearLeftovers } from "./leftovers.ts";
import { lease, leaseName, shareStore } from "./locks.ts";
import { openPlaces } from "./places.ts";
import { restoreResult } from "./restore.ts";
import { findText, keepText } from "./texts.ts";

export interface OpenCache {
  /** `<cache>` of the store, as for environments. */
  readonly cache: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Opens it; nothing is read or written yet. */
export function openCache(options: OpenCache): Cache {
  const { cache, clock } = options;
  const kept = new Set<Digest>();
  return {
    find(key) {
      const places = openPlaces(cache);
      const result = findResult(places, key);
      if (result !== undefined) noteUse(places, "results", key, clock());
      return result;
    },
    peek: (key) => findResult(openPlaces(cache), key),
    isIntact: (result, folder) => areOutputsIntact(options, result, folder),
    restore: (result, folder) => restoreResult(options, result, folder),
    keep: openKeeper(options),
    lease: (key, waiting) => lease(cache, leaseName(key), waiting),
    isRecorded: (key) => hasRecord(openPlaces(cache), key),
    async record(key, record, texts) {
      const places = openPlaces(cache);
      if (hasRecord(places, key)) return;
      places.make();
      const shared = await shareStore(cache);
      try {
        for (const [digest, text] of texts) {
          if (!kept.has(digest)) keepText(places, digest, text);
          kept.add(digest);
        }
        writeRecord(places, key, record);
      } finally {
        shared.release();
      }
    },
    findRecord: (key) => Promise.resolve(findRecord(openPlaces(cache), key)),
    clearLeftovers: () => clearLeftovers(cache),
    findText: (digest) => Promise.resolve(findText(openPlaces(cache), digest)),
    close: () => Promise.resolve(),
  };
}
