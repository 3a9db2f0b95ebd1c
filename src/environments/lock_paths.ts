/** Where the lock of a project lies. */
import { join } from "node:path";
import { digestBytes } from "../core/digest.ts";

/** The project's own lock, and the one in the store for a project that cannot be written. */
export function lockPaths(folder: string, cache: string): [own: string, stored: string] {
  return [join(folder, "sluice.lock"), join(cache, "projects", projectHex(folder), "sluice.lock")];
}

/** Names a project in the store: 64 hex digits of its folder. */
export const projectHex = (folder: string): string => digestBytes(folder).slice("sha256:".length);
