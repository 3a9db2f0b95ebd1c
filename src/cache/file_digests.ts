/** Digests of files that did not change since they were last read. */
import { atOnce, settled, type Work } from "../core/at_once.ts";
import type { Digest } from "../core/digest.ts";
import { digestEntries, digestFile } from "../core/file_tree.ts";
import { findLook, isSettled, type Look } from "../core/look.ts";
import type { FileDigests } from "../core/ports/file_digests.ts";
import { sha256 } from "../core/sha256.ts";
import type { TreeEntry } from "../core/tree_entry.ts";
import type { DigestMemory } from "./digest_memory.ts";
import type { FolderDigests } from "./folder_digests.ts";

/** What is read in less time than it is remembered. */
const largeBytes = 1 << 20;
const manyFiles = 500;

export interface OpenFileDigests {
  readonly cache: string;
  /** Milliseconds since 1970; this machine's by default. */
  readonly clock?: () => number;
}

/** What is remembered, and where: a large file by itself, many small ones with their folder. */
interface Memory {
  readonly digests: DigestMemory;
  readonly folders: FolderDigests;
}

/** Nothing is opened before a file is large, or one of many. */
export function openFileDigests({ cache, clock = Date.now }: OpenFileDigests): FileDigests {
  let opened: Memory | Promise<Memory> | undefined;
  let seen = 0;
  const open = async (): Promise<Memory> => {
    const { openDigestMemory } = await import("./digest_memory.ts");
    const { openFolderDigests } = await import("./folder_digests.ts");
    const digests = openDigestMemory(cache, clock);
    return opened = { digests, folders: openFolderDigests(digests) };
  };

  /** `onLost` is told of a digest that is not remembered. */
  function* recall(path: string, look: Look, onLost: () => void): Work<Digest> {
    const memory = yield* settled(opened ??= open());
    const isLarge = look.sizeBytes >= largeBytes;
    const known = isLarge
      ? memory.digests.find(`file ${path}`, look.stamp)
      : memory.folders.find(path, look.stamp);
    if (known !== undefined) return known;
    const begun = clock();
    const digest = yield* settled(digestFile(path, look));
    if (!isSettled(look, begun) || findLook(path)?.stamp !== look.stamp) onLost();
    else if (isLarge) memory.digests.put(`file ${path}`, look.stamp, digest);
    else memory.folders.put(path, look.stamp, digest);
    return digest;
  }

  function* recallTree(root: string, entries: readonly TreeEntry[]): Work<Digest> {
    const memory = yield* settled(opened ??= open());
    const [name, stamp] = [`tree ${root}`, stampOf(entries)];
    const known = memory.digests.find(name, stamp);
    if (known !== undefined) return known;
    let isLost = false;
    const { digest } = yield* digestEntries(root, entries, {
      digest: (path, look) => atOnce(recall(path, look, () => void (isLost = true))),
    });
    if (!isLost) memory.digests.put(name, stamp, digest);
    return digest;
  }

  const digest: FileDigests["digest"] = (path, look) =>
    look.sizeBytes < largeBytes && ++seen <= manyFiles
      ? digestFile(path, look)
      : atOnce(recall(path, look, () => {}));

  return {
    digest,
    tree: (root, entries) =>
      atOnce(entries.length <= manyFiles ? digestOf(root, entries, digest) : recallTree(root, entries)),
    async close() {
      const memory = await opened;
      opened = undefined;
      memory?.folders.flush();
      await memory?.digests.flush();
      memory?.digests.close();
    },
  };
}

function* digestOf(
  root: string,
  entries: readonly TreeEntry[],
  digest: FileDigests["digest"],
): Work<Digest> {
  return (yield* digestEntries(root, entries, { digest })).digest;
}

/** The same as long as the tree has the same entries and nobody writes to its files. */
const stampOf = (entries: readonly TreeEntry[]): string =>
  sha256(entries.map(({ is, path, look }) => `${path}\0${is === "folder" ? "" : look.stamp}\0`).join(""));
