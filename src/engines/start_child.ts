/** Starts a step's process: by the C library where that is to be had, else by Deno. */
import type { Child, ChildSpec } from "./child.ts";
import { startByDeno } from "./deno_child.ts";
import { nativeSpawn } from "./native_spawn.ts";

/**
 * Throws what the system says when it cannot be started.
 *
 * Deno forks for a child with a session of its own, which takes longer the more memory we have, a hundred times as long
 * as the C library's `posix_spawn` in a large run.
 */
export const startChild = (spec: ChildSpec): Child => (nativeSpawn() ?? startByDeno)(spec);
