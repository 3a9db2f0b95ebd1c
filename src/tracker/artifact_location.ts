/** Where artifacts are: a path, a `file://` URL, or an address that only the network leads to. */
import { isAbsolute, join, posix, resolve } from "node:path";
import { isConfinedPath } from "../core/confined_path.ts";
import { refuse } from "../core/error.ts";
import { fileURLToPath } from "../core/file_url.ts";

/** Goes further down, before the query of an address: MLflow's `append_to_uri_path`. */
export function below(location: string, ...segments: readonly string[]): string {
  const address = /^([a-zA-Z][a-zA-Z0-9+.-]*:(?:\/\/[^/?#]*)?)([^?#]*)([^]*)$/.exec(location);
  if (address === null) return posix.join(location, ...segments);
  const [, start, path, rest] = address;
  return `${start}${path!.replace(/\/$/, "")}/${segments.join("/")}${rest}`;
}

/** The folder on this machine; undefined when there is none. A relative path is one from `base`. */
export function localFolder(location: string, base: string): string | undefined {
  if (isAbsolute(location)) return resolve(location);
  if (location.startsWith("file:")) {
    try {
      return resolve(fileURLToPath(location));
    } catch {
      return undefined;
    }
  }
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(location) ? undefined : resolve(base, location);
}

/**
 * The folder where artifacts are that a store in `base` says lie at `location`. Of a store that was moved its own folders
 * are searched for the last names of the location; undefined where only the network leads there and nothing is found. Throws RUNS_UNREADABLE
 * for a folder that holds no artifacts: whoever made the store could have named one with secrets.
 */
export function locateBeside(
  location: string,
  base: string,
  folders: readonly string[],
  isThere: (folder: string) => boolean,
): string | undefined {
  const said = localFolder(location, base);
  const path = /^[a-zA-Z][a-zA-Z0-9+.-]*:(?:\/\/[^/]*)?(.*)$/.exec(location)?.[1] ?? location;
  const names = path.split("/").filter((name) => name !== "");
  if (said !== undefined && !said.startsWith(`${base}/`) && names.at(-1) !== "artifacts") {
    return refuse({
      code: "RUNS_UNREADABLE",
      message:
        `Cannot take the artifacts at \`${location}\` as they are neither below \`${base}\` nor in a folder ` +
        "`artifacts` of a run, where MLflow puts them",
      hint: "Mend the location in the store if it is meant",
    });
  }
  if (said !== undefined && isThere(said)) return said;
  if (!isConfinedPath(names.join("/"))) return undefined;
  for (let count = Math.min(names.length, 4); count >= 2; count--) {
    const found = folders.map((folder) => join(folder, ...names.slice(-count))).find(isThere);
    if (found !== undefined) return found;
  }
  // Of a run that left no artifacts there is no folder.
  return said;
}
