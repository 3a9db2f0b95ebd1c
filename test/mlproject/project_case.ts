/** One project, and one call of it. */

/** A folder `work` is made with a folder `project` in it, and the call is made in `work`. */
export interface ProjectCase {
  readonly name: string;
  /** By path below `project`. */
  readonly files: Readonly<Record<string, string>>;
  /** After `run`; `project` when absent. `--env-manager local` is added. */
  readonly arguments?: readonly string[];
  /** Further files, by path below `work`. */
  readonly beside?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  /** Makes `project`, or what is above it, a git checkout with one commit. */
  readonly git?: "project" | "work";
  /** Of the first remote of the checkout. */
  readonly remote?: string;
  /** What is not the same here, and why; what it names is left out of the comparison. */
  readonly differs?: {
    readonly in: readonly ("success" | "child" | "status" | "run" | "params" | "tags")[];
    readonly why: string;
  };
}
