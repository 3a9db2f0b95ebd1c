/** What a tree of files and folders holds. */
import type { Look } from "./look.ts";

/** One entry of a tree; `path` is relative to its root, with forward slashes, and empty for a root that is a file. */
export interface TreeEntry {
  readonly path: string;
  readonly is: "file" | "folder" | "other";
  /** Of a folder, taken before it is listed. */
  readonly look: Look;
}
