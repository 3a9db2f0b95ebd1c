/** How the sandbox is set up for a run. */
import type { SandboxMode } from "../core/sandbox_tier.ts";

/** What the operating system can hold a step by. */
export type SystemTier = "bubblewrap" | "landlock";

export interface SandboxOptions {
  readonly mode: SandboxMode;
  /** The program Deno. */
  readonly deno: string;
  /** URL of the module that runs a function: `dsl/function_child.ts`. */
  readonly child: string;
  /** The user's folder of sluice. */
  readonly cache: string;
  /** A `bwrap` on PATH or fetched; undefined when there is none to be had. */
  readonly findBubblewrap: () => Promise<string | undefined>;
  /**
   * Folders that a git checkout or another step may have written, such as the project: links below them are not
   * followed, and no step is shown more of them than it declares, wherever they lie. So it is with the cache and a step's
   * working folder.
   */
  readonly guarded?: readonly string[];
  /** Folders of which no step is shown more than it declares, such as the home; links below them are the user's own. */
  readonly hidden?: readonly string[];
  /** The tiers that may be used; all of them by default. */
  readonly tiers?: readonly SystemTier[];
}
