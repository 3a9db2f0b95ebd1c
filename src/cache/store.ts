/** The user's store of results, for those who look after it. */
import { type CollectedStore, collectStoreGarbage, type GarbageOptions } from "./garbage.ts";
import { measureUsage, type StoreUsage } from "./usage.ts";
import { type VerifiedStore, verifyStore } from "./verify.ts";

export type { CollectedStore, GarbageOptions } from "./garbage.ts";
export type { StoreUsage } from "./usage.ts";

export interface ResultStore {
  /** Its folder, which may not be there yet. */
  readonly folder: string;
  measure(): Promise<StoreUsage>;
  /** Never removes what a running step or a kept run needs. */
  collectGarbage(options: GarbageOptions): Promise<CollectedStore>;
  /** Reads everything, and removes what is damaged. */
  verify(): Promise<VerifiedStore>;
}

/**
 * The store in `cache`, the user's cache folder of sluice; `clock` tells milliseconds since 1970. Nothing is read or
 * written yet.
 */
export function openResultStore(cache: string, clock: () => number): ResultStore {
  return {
    folder: `${cache}/store`,
    measure: () => measureUsage(cache),
    collectGarbage: (options) => collectStoreGarbage({ cache, clock }, options),
    verify: () => verifyStore(cache),
  };
}
