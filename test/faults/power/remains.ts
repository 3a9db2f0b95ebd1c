/** What a power loss leaves: one tree of files for each way in which what was not safe may be lost. */
import {
  applyChange,
  type Change,
  type Disk,
  type DiskNode,
  type FileNode,
  type FolderNode,
  openContent,
  setName,
} from "./disk.ts";
import { openRandom, type Random } from "../random.ts";

/**
 * How much is left of what was not safe.
 *
 * - `nothing`: neither bytes nor names.
 * - `names`: all names, and the bytes that were safe; a new file is empty.
 * - `sizes`: all names, sizes and rights; bytes that were not safe are zeros where the file grew, else what they were.
 * - `bytes`: all bytes and rights, of files whose names were safe.
 * - `torn`: of the changes of names as many as came first, of the bytes any pages. By `seed`.
 * - `scattered`: any of the changes of names, and any pages. By `seed`.
 */
export type Loss =
  | { readonly leaves: "nothing" | "names" | "sizes" | "bytes" | "all" }
  | { readonly leaves: "torn" | "scattered"; readonly seed: number };

export interface RemainingFile {
  readonly is: "file";
  /** The same for two names of one file. */
  readonly node: number;
  readonly isProgram: boolean;
  /** The same for the same bytes of the same file. */
  readonly version: string;
  read(): Uint8Array;
}
export type Remaining = RemainingFile | { readonly is: "folder" };

/** By absolute path, folders before what is in them. To be used before the disk changes again. */
export function remainsOf(disk: Disk, loss: Loss): ReadonlyMap<string, Remaining> {
  const random = openRandom("seed" in loss ? loss.seed : 0);
  const namesIn = namesLeft(disk, loss, random);
  const files = new Map<FileNode, RemainingFile>();
  const found = new Map<string, Remaining>();
  const visit = (path: string, node: DiskNode) => {
    if (node.is === "folder") {
      found.set(path, { is: "folder" });
      const names = [...namesIn(node)].sort(([a], [b]) => a < b ? -1 : 1);
      for (const [name, child] of names) visit(`${path}/${name}`, child);
      return;
    }
    let file = files.get(node);
    if (file === undefined) files.set(node, file = fileLeft(node, loss, random));
    found.set(path, file);
  };
  for (const [path, root] of disk.roots) visit(path, root);
  return found;
}

/** The same for the same tree. */
export const identityOf = (remains: ReadonlyMap<string, Remaining>): string =>
  [...remains].map(([path, each]) =>
    each.is === "folder" ? `${path}/` : `${path} ${each.node} ${each.version} ${each.isProgram}`
  ).join("\n");

function namesLeft(
  { unsafeNames }: Disk,
  loss: Loss,
  random: Random,
): (folder: FolderNode) => ReadonlyMap<string, DiskNode> {
  switch (loss.leaves) {
    case "nothing":
    case "bytes":
      return ({ safe }) => safe;
    case "names":
    case "sizes":
    case "all":
      return ({ seen }) => seen;
  }
  const first = random.below(unsafeNames.length + 1);
  const left = unsafeNames.filter((_, index) => loss.leaves === "torn" ? index < first : random.chance(0.5));
  const changed = new Map<FolderNode, Map<string, DiskNode>>();
  for (const { names } of left) {
    for (const { folder, name, node } of names) {
      if (!changed.has(folder)) changed.set(folder, new Map(folder.safe));
      setName(changed.get(folder)!, name, node);
    }
  }
  return (folder) => changed.get(folder) ?? folder.safe;
}

function fileLeft(node: FileNode, loss: Loss, random: Random): RemainingFile {
  const { id, unsafe, safeCount, safe, seen } = node;
  const isBare = loss.leaves === "nothing" || loss.leaves === "names";
  const file = { is: "file" as const, node: id, isProgram: isBare ? node.isSafelyProgram : node.isProgram };
  if (isBare || unsafe.length === 0) return { ...file, version: `${safeCount}`, read: () => safe.bytes() };
  if (loss.leaves === "all" || loss.leaves === "bytes") {
    return { ...file, version: `${safeCount + unsafe.length}`, read: () => seen.bytes() };
  }
  const content = openContent(safe.bytes());
  if (loss.leaves === "sizes") {
    applyChange(content, { sizeBytes: seen.length });
    return { ...file, version: `${safeCount} of ${seen.length}`, read: () => content.bytes() };
  }
  let version = `${safeCount} and `;
  for (const page of unsafe.flatMap(intoPages)) {
    const isKept = random.chance(0.5);
    if (isKept) applyChange(content, page);
    version += isKept ? "1" : "0";
  }
  return { ...file, version, read: () => content.bytes() };
}

const pageBytes = 4096;

/** A disk writes whole pages: each of a write by itself. */
function intoPages(change: Change): Change[] {
  if ("sizeBytes" in change) return [change];
  const pages: Change[] = [];
  for (let from = 0; from < change.bytes.length;) {
    const at = change.at + from;
    const to = Math.min(change.bytes.length, from + pageBytes - at % pageBytes);
    pages.push({ at, bytes: change.bytes.subarray(from, to) });
    from = to;
  }
  return pages;
}
