/** Opens what holds steps on this machine. */
import { cacheFolder } from "../core/cache_folder.ts";
import type { Sandbox } from "../core/ports/sandbox.ts";
import type { SandboxMode } from "../core/sandbox_tier.ts";
import { openSandbox } from "../sandbox/sandbox.ts";

/**
 * `project` is the folder whose links are not followed. Throws FOLDER_NOT_WRITABLE where the user has no cache
 * folder.
 */
export function openMachineSandbox(
  mode: SandboxMode,
  variables: Readonly<Record<string, string>>,
  project: string,
): Sandbox {
  const cache = cacheFolder(variables);
  return openSandbox({
    mode,
    deno: Deno.execPath(),
    child: functionChild(),
    cache,
    guarded: [project, Deno.cwd()],
    hidden: variables["HOME"] ? [variables["HOME"]] : [],
    findBubblewrap: async () => {
      const { findBubblewrap } = await import("../environments/bubblewrap.ts");
      return await findBubblewrap(cache, variables);
    },
  });
}

/** Ends in `.ts` here and in `.js` in the npm package, as this module does. */
function functionChild(): string {
  const extension = import.meta.url.endsWith(".js") ? "js" : "ts";
  return new URL(`../dsl/function_child.${extension}`, import.meta.url).href;
}
