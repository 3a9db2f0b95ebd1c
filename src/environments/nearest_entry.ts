/** Which locked environment is the most like one that is to be resolved: its versions are preferred. */
import type { LockEntry } from "./lock_file.ts";
import { packageName } from "./packages.ts";

/** The first entry of which the most packages are among `wanted`, by name; undefined where none shares any. */
export function nearestEntry(
  wanted: readonly string[],
  entries: readonly LockEntry[],
  packagesOf: (entry: LockEntry) => readonly string[],
): LockEntry | undefined {
  const names = new Set(wanted.map(packageName));
  let best: LockEntry | undefined;
  let most = 0;
  for (const entry of entries) {
    const shared = packagesOf(entry).filter((each) => names.has(packageName(each))).length;
    if (shared > most) [best, most] = [entry, shared];
  }
  return best;
}
