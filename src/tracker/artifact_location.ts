/** Where artifacts are: a path, a `file://` URL, or an address that only the network leads to. */
import { isAbsolute, posix, resolve } from "node:path";
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
