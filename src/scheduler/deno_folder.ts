/** Where Deno keeps the packages it has fetched. */
import { join } from "node:path";

/** As Deno finds it for a caller with these variables; undefined when they name no home. */
export function denoFolder(
  variables: Readonly<Record<string, string>>,
  system = Deno.build.os,
): string | undefined {
  if (variables["DENO_DIR"]) return variables["DENO_DIR"];
  const home = variables["HOME"];
  if (system === "darwin") return home === undefined ? undefined : join(home, "Library/Caches/deno");
  const cache = variables["XDG_CACHE_HOME"] || (home === undefined ? undefined : join(home, ".cache"));
  return cache === undefined ? undefined : join(cache, "deno");
}
