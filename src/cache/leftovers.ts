/** What killed processes left half made in the store, and their locks. */
import { join } from "node:path";
import { SluiceError } from "../core/error.ts";
import { removeFile } from "./entries.ts";
import { isLeaseName, tryHaveStoreAlone, tryLease } from "./locks.ts";
import { listFolder } from "./places.ts";

/** Whatever others use now stays, for the next time. Costs two listings of folders that are next to empty. */
export function clearLeftovers(cache: string): void {
  try {
    clearLeases(cache);
    clearParts(cache);
  } catch (error) {
    // Whoever needs a cache that cannot be used is told.
    if (!(error instanceof SluiceError)) throw error;
  }
}

function clearParts(cache: string): void {
  const folder = join(cache, "store", "parts");
  const parts = listFolder(folder);
  if (parts.length === 0) return;
  const alone = tryHaveStoreAlone(cache);
  if (alone === undefined) return;
  try {
    parts.forEach(({ name }) => removeFile(join(folder, name)));
  } finally {
    alone.release();
  }
}

/** Keys that a process runs now. Lock files of killed processes go on the way. */
export function clearLeases(cache: string): ReadonlySet<string> {
  const leased = new Set<string>();
  for (const { name } of listFolder(join(cache, "locks"))) {
    if (!isLeaseName(name)) continue;
    const held = tryLease(cache, name);
    if (held === undefined) leased.add(name.slice("step-".length));
    else held.release();
  }
  return leased;
}
