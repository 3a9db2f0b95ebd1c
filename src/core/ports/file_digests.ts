/** The port of `cache/` for who reads files. */
import type { Digest } from "../digest.ts";
import type { Look } from "../look.ts";
import type { TreeEntry } from "../tree_entry.ts";

/** Digests of files, remembered by path, size, times and inode, so that unchanged data is not read again: `cache/`. */
export interface FileDigests {
  /** Of a regular file's bytes, as it was looked at. */
  digest(path: string, look: Look): Digest | Promise<Digest>;
  /** Of a file or folder with all that it holds, as `digestTree`: `entries` are all of it, files and folders. */
  tree?(root: string, entries: readonly TreeEntry[]): Digest | Promise<Digest>;
  /**
   * For who looks on: told of a folder that is about to be listed, and of a link whose text counts. What it returns takes
   * that back.
   */
  meet?(path: string, look?: Look): () => void;
  /** Writes down what is new. */
  close(): Promise<void>;
}
