/**
 * A step that runs in a copy of its folder, as the steps of an MLflow project do, which talk by files in it.
 *
 * Its input `before` has, of each step that came before it in order, the outputs `files` and `changes`: they are laid
 * over the copy. Its own outputs are the same of itself: the files that are new or other than they were, by their paths,
 * and what else became of the folder.
 */
import { posix } from "node:path";
import { z } from "zod";
import { isConfinedPath } from "./confined_path.ts";
import type { KindSpec } from "./kind.ts";
import { lazySchema } from "./lazy_schema.ts";

export const workingCopyInput = "before";
export const workingCopyOutputs = {
  files: { kind: "file" },
  changes: { kind: "file", format: "json" },
} as const satisfies Readonly<Record<string, KindSpec>>;

/** Whether a link at `path` leads to what lies in the same folder, both by paths in it. */
export const isInnerLink = (path: string, target: string): boolean =>
  !target.startsWith("/") && !target.includes("\0") &&
  isConfinedPath(posix.normalize(posix.join(posix.dirname(path), target)).replace(/\/$/, ""));

/** The output `changes`. */
export const FolderChanges = lazySchema(() =>
  z.object({
    /** Paths of files and links that were there and are no longer, sorted. */
    removed: z.array(z.string().refine(isConfinedPath)).readonly(),
    /** What new links hold, by their paths; each leads to what is in the folder. */
    links: z.record(z.string().refine(isConfinedPath), z.string()).readonly(),
  }).refine(({ links }) => Object.entries(links).every(([path, target]) => isInnerLink(path, target)))
    .readonly()
);
export type FolderChanges = z.infer<typeof FolderChanges>;
