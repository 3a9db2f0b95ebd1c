/** Digests of the many files of a folder, remembered as one text: it is read and written in one go. */
import type { Digest } from "../core/digest.ts";
import type { DigestMemory } from "./digest_memory.ts";

export interface FolderDigests {
  /** What the file had as its digest while its stamp was this. */
  find(path: string, stamp: string): Digest | undefined;
  put(path: string, stamp: string, digest: Digest): void;
  /** Gives the memory what is new. */
  flush(): void;
}

interface Folder {
  /** Stamp, a slash and the digest's hex digits, by the name of a file. */
  readonly known: Map<string, string>;
  readonly asked: Set<string>;
  isNew: boolean;
}

/** Digests of whole folders of many files, remembered with those of their files. */
export function openFolderDigests(memory: DigestMemory): FolderDigests {
  const folders = new Map<string, Folder>();
  const open = (path: string): Folder => {
    const at = path.slice(0, path.lastIndexOf("/"));
    const found = folders.get(at);
    if (found !== undefined) return found;
    const known = parse(memory.findText(`folder ${at}`, ""));
    const folder = { known, asked: new Set<string>(), isNew: false };
    folders.set(at, folder);
    return folder;
  };
  const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
  return {
    find(path, stamp) {
      const folder = open(path);
      const name = nameOf(path);
      folder.asked.add(name);
      const known = folder.known.get(name);
      return known !== undefined && known.length === stamp.length + 65 && known.startsWith(stamp)
        ? `sha256:${known.slice(-64)}`
        : undefined;
    },
    put(path, stamp, digest) {
      const folder = open(path);
      folder.known.set(nameOf(path), `${stamp}/${digest.slice("sha256:".length)}`);
      folder.isNew = true;
    },
    flush() {
      for (const [at, folder] of folders) {
        if (!folder.isNew) continue;
        folder.isNew = false;
        memory.putText(`folder ${at}`, "", print(folder));
      }
    },
  };
}

/** Name, stamp and digest of each file, with slashes between: none of them holds one. */
function parse(text: string | undefined): Map<string, string> {
  const known = new Map<string, string>();
  if (text === undefined) return known;
  const parts = text.split("/");
  for (let at = 0; at + 2 < parts.length; at += 3) {
    known.set(parts[at]!, `${parts[at + 1]}/${parts[at + 2]}`);
  }
  return known;
}

/** What was not asked for is left out where it is the most of it, as then most of it is gone. */
function print({ known, asked }: Folder): string {
  const isStale = known.size > 2 * asked.size;
  const kept = isStale ? [...known].filter(([name]) => asked.has(name)) : [...known];
  return kept.map(([name, rest]) => `${name}/${rest}`).join("/");
}
