/** Reads files and folders that others made, following no link. */
import { join } from "node:path";
import { atOnce, settled, type Work } from "./at_once.ts";
import { type Digest, digestBytes } from "./digest.ts";
import { refuse } from "./error.ts";
import { findReading, getLook, type Look, looksAtOnce, mostReadBytes, openLooks } from "./look.ts";
import type { FileDigests } from "./ports/file_digests.ts";
import { openSha256 } from "./sha256.ts";
import type { KeptFile } from "./step_result.ts";
import type { TreeEntry } from "./tree_entry.ts";

/**
 * Every entry below `root` (which is left out when it is a folder), folder by folder, each in code unit order. Throws
 * what Deno throws where something is not there, or is no longer, or cannot be read.
 */
export function* walkTree(root: string): Generator<TreeEntry> {
  const look = getLook(root);
  if (look.is !== "folder") {
    yield describeEntry("", look);
    return;
  }
  const open = [""];
  while (open.length > 0) {
    const folder = open.pop()!;
    const [at, prefix] = folder === "" ? [root, ""] : [join(root, folder), `${folder}/`];
    const folders: string[] = [];
    const names = namesIn(at);
    const looks = openLooks(at);
    try {
      for (const name of names) {
        const look = looks.get(name);
        const path = prefix + name;
        if (look.is === "folder") folders.push(path);
        yield describeEntry(path, look);
      }
    } finally {
      looks.close();
    }
    for (const path of folders.reverse()) open.push(path);
  }
}

const describeEntry = (path: string, look: Look): TreeEntry => ({
  path,
  is: look.is === "link" ? "other" : look.is,
  look,
});

/** Sorted by name. Deno's own calls: loading node:fs costs more than a small run. */
export function readFolder(folder: string): Deno.DirEntry[] {
  const entries = new Map<string, Deno.DirEntry>();
  for (const entry of Deno.readDirSync(folder)) entries.set(entry.name, entry);
  // Names alone are sorted in a fifth of the time.
  return [...entries.keys()].sort().map((name) => entries.get(name)!);
}

function namesIn(folder: string): string[] {
  const names: string[] = [];
  for (const { name } of Deno.readDirSync(folder)) names.push(name);
  return names.sort();
}

/** Of a larger file two pieces of this size are in memory at once. */
const pieceBytes = 1 << 20;

/**
 * Of a file's bytes, at once where they are few; those of a large one are read while those before are digested.
 *
 * With `seen`, a file that was put in its place since is refused with `Deno.errors.Busy`, so that no link is followed.
 */
export function digestFile(path: string, seen?: Look): Digest | Promise<Digest> {
  const reading = seen === undefined || seen.sizeBytes <= mostReadBytes ? findReading(path) : undefined;
  if (reading === undefined) return digestLarge(path, seen);
  if (seen !== undefined && !isSame(reading.look, seen)) refuseReplaced(path);
  return digestBytes(reading.bytes);
}

const isSame = (look: Look, seen: Look): boolean => look.inode === seen.inode && look.device === seen.device;

function refuseReplaced(path: string): never {
  throw new Deno.errors.Busy(`\`${path}\` was replaced while it was read`);
}

async function digestLarge(path: string, seen: Look | undefined): Promise<Digest> {
  using file = await Deno.open(path);
  const { ino, dev } = file.statSync();
  if (seen !== undefined && (ino !== seen.inode || dev !== seen.device)) refuseReplaced(path);
  return await digestPieces(file);
}

async function digestPieces(file: Deno.FsFile): Promise<Digest> {
  const hash = openSha256();
  let [piece, next] = [new Uint8Array(pieceBytes), new Uint8Array(pieceBytes)];
  for (let count = await file.read(piece); count !== null;) {
    const reading = file.read(next);
    hash.update(piece.subarray(0, count));
    count = await reading;
    [piece, next] = [next, piece];
  }
  return `sha256:${hash.hex()}`;
}

/** What `digestTree` found. */
export interface DigestedTree {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly isFolder: boolean;
  /** Sorted by path; one of an empty path where the root is a file. */
  readonly files: readonly KeptFile[];
  /** Folders below the root with nothing in them, sorted. */
  readonly emptyFolders: readonly string[];
}

/**
 * Of a file, or of all that a folder holds, as SHA-256 over sorted lines: `digest  "path"` of a file, `digest x  "path"`
 * of a program, `folder  "path"` of a folder with nothing in it. A file that is no program has its own digest.
 *
 * Times and owners do not count, and of the permissions only whether anybody may execute a file. A link or a device is
 * an UnsupportedEntry. `digests` is asked for the digest of each file, as it may know it, and told of each folder before
 * that is listed.
 */
export const digestTree = (
  root: string,
  digests: Pick<FileDigests, "digest" | "meet"> = { digest: digestFile },
): DigestedTree | Promise<DigestedTree> => atOnce(digestTreeSteps(root, digests));

function* digestTreeSteps(
  root: string,
  digests: Pick<FileDigests, "digest" | "meet">,
): Work<DigestedTree> {
  return yield* digestEntries(root, yield* meetTree(root, digests), digests);
}

/** The digest of the same alone, which `digests` may know of the tree as a whole. */
export const digestContent = (root: string, digests: FileDigests): Digest | Promise<Digest> =>
  atOnce(digestContentSteps(root, digests));

function* digestContentSteps(root: string, digests: FileDigests): Work<Digest> {
  const entries = yield* meetTree(root, digests);
  if (digests.tree !== undefined) return yield* settled(digests.tree(root, entries));
  return (yield* digestEntries(root, entries, digests)).digest;
}

function* meetTree(root: string, digests: Pick<FileDigests, "meet">): Work<readonly TreeEntry[]> {
  digests.meet?.(root);
  const entries: TreeEntry[] = [];
  for (const entry of walkTree(root)) {
    if (entry.is === "other") throw new UnsupportedEntry(entry.path);
    if (entry.is === "folder") digests.meet?.(join(root, entry.path), entry.look);
    if (entries.push(entry) % looksAtOnce === 0) yield;
  }
  return entries;
}

/** Of a tree of which `entries` are all the entries, none of another kind than files and folders. */
export function* digestEntries(
  root: string,
  entries: readonly TreeEntry[],
  digests: Pick<FileDigests, "digest">,
): Work<DigestedTree> {
  const files: KeptFile[] = [];
  const folders: string[] = [];
  let isFolder = true;
  for (const { is, path, look } of entries) {
    if (is === "folder") {
      folders.push(path);
      continue;
    }
    if (path === "") isFolder = false;
    const found = digests.digest(path === "" ? root : `${root}/${path}`, look);
    const digest = typeof found === "string" ? found : yield* settled(found);
    files.push({ path, digest, sizeBytes: look.sizeBytes, isProgram: isProgram(look) });
    yield;
  }
  const filled = new Set([...folders, ...files.map(({ path }) => path)].map(parentOf));
  const emptyFolders = folders.filter((path) => !filled.has(path)).sort();
  const kept = files.sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
  return {
    digest: digestKept({ isFolder, files: kept, emptyFolders }),
    sizeBytes: kept.reduce((sum, file) => sum + file.sizeBytes, 0),
    isFolder,
    files: kept,
    emptyFolders,
  };
}

/** The digest that `digestTree` gives such a tree. */
export function digestKept(
  { isFolder, files, emptyFolders }: Pick<DigestedTree, "emptyFolders" | "files" | "isFolder">,
): Digest {
  const [only] = files;
  if (!isFolder && only !== undefined && !only.isProgram) return only.digest;
  return digestLines([
    ...files.map((file) => treeLine(file.isProgram ? `${file.digest} x` : file.digest, file.path)),
    ...emptyFolders.map((path) => treeLine("folder", path)),
  ]);
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** Whether anybody may execute it. */
export const isProgram = ({ mode }: { readonly mode: number | null }): boolean => ((mode ?? 0) & 0o111) !== 0;

/** A line that `digestTree` digests, with its line feed: `what` is a digest, a digest and ` x`, or `folder`. */
export const treeLine = (what: string, path: string): string => `${what}  ${JSON.stringify(path)}\n`;

/** SHA-256 over the lines as they are, sorted by code units: each brings its own line feed. */
export function digestLines(lines: readonly string[]): Digest {
  return digestBytes([...lines].sort().join(""));
}

/** A symbolic link, socket, pipe or device where only files and folders may be. */
export class UnsupportedEntry extends Error {
  override readonly name = "UnsupportedEntry";
  constructor(readonly path: string) {
    super(`\`${path}\` is neither a file nor a folder`);
  }
}

/** With all above it. Fails with FOLDER_NOT_WRITABLE. */
export function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true });
  } catch (error) {
    refuse({
      code: "FOLDER_NOT_WRITABLE",
      message: `Cannot make the folder \`${path}\`: ${
        error instanceof Error ? error.message : String(error)
      }`,
      hint:
        "See that nothing else is in its place, that the folder above it can be written, and the disk has space",
    });
  }
}
