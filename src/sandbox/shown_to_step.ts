/** What is shown to a step, in either tier. */
import type { Program, SandboxPolicy } from "../core/ports/sandbox.ts";
import type { Descriptors } from "./descriptors.ts";
import { disk } from "./disk.ts";
import { type Needs, wishesOf } from "./program_needs.ts";
import { type Visible, visiblePaths } from "./visible_paths.ts";

/** What both tiers need. */
export interface Showing {
  readonly needs: Needs;
  /** As in `SandboxOptions`, with the cache. */
  readonly guarded: readonly string[];
  readonly hidden: readonly string[];
  readonly descriptors: Descriptors;
}

/** `replaced` are files of the machine that something else stands for. Throws STEP_NOT_STARTED. */
export function shownTo(
  program: Program,
  policy: SandboxPolicy,
  { needs, guarded, hidden }: Showing,
  replaced: readonly string[] = [],
): Visible {
  const own = [policy.folder, ...guarded];
  return visiblePaths(
    wishesOf(program, policy, needs, replaced),
    { folder: policy.folder, guarded: [...own, policy.temporary], hidden: [...own, ...hidden] },
    disk,
  );
}
