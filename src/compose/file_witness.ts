/** Remembers what the files of a plan were when they were digested, so that a run can tell whether they still are. */
import { findLook, type Look } from "../core/look.ts";
import type { FileDigests } from "../core/ports/file_digests.ts";
import type { TreeEntry } from "../core/tree_entry.ts";

/** Files that were digested together, as the sources of one folder. */
export interface Witnessed {
  /** The first that is no longer what it was: of a folder, that has not the same names. */
  findChange(): string | undefined;
}

export interface Witness extends FileDigests, Witnessed {
  meet(path: string, look?: Look): () => void;
}

/** `digests` answers; this only looks on. */
export function openWitness(digests: FileDigests): Witness {
  /** Undefined of what was not there. */
  const stamps = new Map<string, string | undefined>();
  const trees: { readonly root: string; readonly entries: readonly TreeEntry[] }[] = [];
  const { tree } = digests;
  return {
    digest(path, look) {
      stamps.set(path, look.stamp);
      return digests.digest(path, look);
    },
    ...(tree === undefined ? {} : {
      tree(root, entries) {
        trees.push({ root, entries });
        return tree(root, entries);
      },
    }),
    meet(path, look = findLook(path)) {
      stamps.set(path, look?.stamp);
      return () => void stamps.delete(path);
    },
    findChange() {
      for (const [path, stamp] of stamps) if (findLook(path)?.stamp !== stamp) return path;
      for (const { root, entries } of trees) {
        for (const { path, look } of entries) {
          const at = path === "" ? root : `${root}/${path}`;
          if (findLook(at)?.stamp !== look.stamp) return at;
        }
      }
      return undefined;
    },
    close: () => Promise.resolve(),
  };
}
