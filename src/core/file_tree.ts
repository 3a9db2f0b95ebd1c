/** Reads files and folders that others made, following no link. */
import { join } from "node:path";
import { type Digest, digestBytes } from "./digest.ts";
import { refuse } from "./error.ts";
import type { FileDigests } from "./ports.ts";
import { openSha256 } from "./sha256.ts";
import type { KeptFile } from "./step_result.ts";

/** One entry of a tree; `path` is relative to its root, with forward slashes, and empty for a root that is a file. */
export type TreeEntry =
  & { readonly path: string; readonly sizeBytes: number }
  & (
    | { readonly is: "file"; readonly info: Deno.FileInfo }
    | { readonly is: "folder" }
    | { readonly is: "other" }
  );

/** Every entry below `root` (which is left out when it is a folder), folder by folder, each in code unit order. */
export async function* walkTree(root: string): AsyncGenerator<TreeEntry> {
  const info = await Deno.lstat(root);
  if (!info.isDirectory) {
    yield describeEntry("", info);
    return;
  }
  const open = [""];
  while (open.length > 0) {
    const folder = open.pop()!;
    const folders: string[] = [];
    for (const entry of (await readFolder(join(root, folder)))) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory) {
        folders.push(path);
        yield { path, is: "folder", sizeBytes: 0 };
      } else if (entry.isFile) {
        yield describeEntry(path, await Deno.lstat(join(root, path)));
      } else {
        yield { path, is: "other", sizeBytes: 0 };
      }
    }
    open.push(...folders.reverse());
  }
}

const describeEntry = (path: string, info: Deno.FileInfo): TreeEntry =>
  info.isFile
    ? { path, is: "file", sizeBytes: info.size, info }
    : { path, is: "other", sizeBytes: info.size };

/** Sorted by name. Deno's own calls: loading node:fs costs more than a small run. */
export async function readFolder(folder: string): Promise<Deno.DirEntry[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/** Up to so large a file is read whole; of a larger one two pieces of `pieceBytes` are in memory at once. */
const smallBytes = 1 << 18;
const pieceBytes = 1 << 20;

/**
 * Of a file's bytes; those of a large one are read while those before are digested.
 *
 * With `seen`, what `Deno.lstat` said of it, a file that was put in its place since is refused with `Deno.errors.Busy`,
 * so that no link is followed.
 */
export async function digestFile(path: string, seen?: Deno.FileInfo): Promise<Digest> {
  // Three times as fast for thousands of small files, each of which is read in less than a millisecond.
  const isSmall = seen !== undefined && seen.size <= smallBytes;
  using file = isSmall ? Deno.openSync(path) : await Deno.open(path);
  const info = file.statSync();
  if (seen !== undefined && (info.ino !== seen.ino || info.dev !== seen.dev)) {
    throw new Deno.errors.Busy(`\`${path}\` was replaced while it was read`);
  }
  if (info.isFile && info.size <= smallBytes) return digestBytes(readWhole(file, info.size));
  return await digestPieces(file);
}

/** From where the file stands to its end. */
function readWhole(file: Deno.FsFile, expectedBytes: number): Uint8Array {
  // One byte more shows the end of a file that did not grow without another buffer.
  let bytes = new Uint8Array(expectedBytes + 1);
  for (let done = 0;;) {
    const count = file.readSync(bytes.subarray(done));
    if (count === null) return bytes.subarray(0, done);
    done += count;
    if (done === bytes.length) {
      const larger = new Uint8Array(2 * bytes.length);
      larger.set(bytes);
      bytes = larger;
    }
  }
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
export async function digestTree(
  root: string,
  digests: Pick<FileDigests, "digest" | "meet"> = { digest: digestFile },
): Promise<DigestedTree> {
  digests.meet?.(root);
  const files: KeptFile[] = [];
  const folders: string[] = [];
  let isFolder = true;
  for await (const entry of walkTree(root)) {
    if (entry.is === "other") throw new UnsupportedEntry(entry.path);
    if (entry.is === "folder") {
      digests.meet?.(join(root, entry.path));
      folders.push(entry.path);
    } else {
      const { path, info } = entry;
      if (path === "") isFolder = false;
      files.push({
        path,
        digest: await digests.digest(path === "" ? root : join(root, path), info),
        sizeBytes: info.size,
        isProgram: isProgram(info),
      });
    }
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

/**
 * Size, times, inode and device: the same as long as nobody writes to a file or puts another in its place, but for what
 * was done within `settledMs` of its time of change.
 */
export const stampOf = ({ size, mtime, ctime, ino, dev }: Deno.FileInfo): string =>
  [size, mtime?.getTime(), ctime?.getTime(), ino, dev].join(" ");

/** Deno tells a file's time of change in whole seconds: until then it can change again with the same stamp. */
export const settledMs = 2000;

/** Whether anybody may execute it. */
export const isProgram = ({ mode }: Deno.FileInfo): boolean => ((mode ?? 0) & 0o111) !== 0;

export const treeLine = (what: string, path: string): string => `${what}  ${JSON.stringify(path)}\n`;

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
