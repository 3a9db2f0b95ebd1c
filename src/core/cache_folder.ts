/** Where sluice keeps what can be found or made again. */
import { isAbsolute, join } from "node:path";
import { refuse } from "./error.ts";

/**
 * The user's cache folder of sluice: `$XDG_CACHE_HOME/sluice`, else `~/.cache/sluice`; it may not be there yet. Fails
 * with FOLDER_NOT_WRITABLE where neither XDG_CACHE_HOME nor HOME says.
 */
export function cacheFolder(variables: Readonly<Record<string, string>>): string {
  const given = variables["XDG_CACHE_HOME"];
  // The specification of XDG says to ignore relative paths.
  if (given !== undefined && isAbsolute(given)) return join(given, "sluice");
  const home = variables["HOME"];
  if (home !== undefined && home !== "") return join(home, ".cache", "sluice");
  refuse({
    code: "FOLDER_NOT_WRITABLE",
    message: "Cannot find the cache folder as neither XDG_CACHE_HOME nor HOME is set",
    hint: "Set HOME, or XDG_CACHE_HOME to a folder that can be written",
  });
}
