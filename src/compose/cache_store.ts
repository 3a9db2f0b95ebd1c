/** The user's store of results, for those who look after it. */
import type { ResultStore } from "../cache/store.ts";
import { cacheFolder } from "../core/cache_folder.ts";

export type { CollectedStore, StoreUsage } from "../cache/store.ts";

/** Nothing is read or written yet. Fails as `findCacheFolder` does. */
export async function openCacheStore(variables: Readonly<Record<string, string>>): Promise<ResultStore> {
  const { openResultStore } = await import("../cache/store.ts");
  return openResultStore(cacheFolder(variables), Date.now);
}
