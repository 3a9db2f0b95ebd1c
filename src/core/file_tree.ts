/** Reads files and folders that others made, following no link. */
import { join } from "node:path";
import { type Digest, digestBytes } from "./digest.ts";
import { refuse } from "./error.ts";
import { openSha256 } from "./sha256.ts";

/** One entry of a tree; `path` is relative to its root, with forward slashes, and empty for a root that is a file. */
export interface TreeEntry {
  readonly path: string;
  readonly is: "file" | "folder" | "other";
  readonly sizeBytes: number;
}

/** Every entry below `root` (which is left out when it is a folder), in code unit order of the path. */
export async function* walkTree(root: string): AsyncGenerator<TreeEntry> {
  const info = await Deno.lstat(root);
  if (!info.isDirectory) {
    yield { path: "", is: info.isFile ? "file" : "other", sizeBytes: info.size };
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
        yield { path, is: "file", sizeBytes: (await Deno.lstat(join(root, path))).size };
      } else {
        yield { path, is: "other", sizeBytes: 0 };
      }
    }
    open.push(...folders.reverse());
  }
}

/** Sorted by name. Deno's own calls: loading node:fs costs more than a small run. */
export async function readFolder(folder: string): Promise<Deno.DirEntry[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/** How much of a file is in memory at once. */
const pieceBytes = 1 << 18;

/** Of a file's bytes, read in pieces. */
export async function digestFile(path: string): Promise<Digest> {
  using file = await Deno.open(path);
  const { isFile, size } = await file.stat();
  if (isFile && size <= pieceBytes) return digestBytes(await Deno.readFile(path));
  const hash = openSha256();
  const piece = new Uint8Array(pieceBytes);
  for (let count = await file.read(piece); count !== null; count = await file.read(piece)) {
    hash.update(piece.subarray(0, count));
  }
  return `sha256:${hash.hex()}`;
}

/**
 * Of a file, or of a folder's names and contents, as SHA-256 over sorted lines `digest  path`.
 *
 * Times, owners and empty folders do not count. A link or a device is an error.
 */
export async function digestTree(root: string): Promise<{ digest: Digest; sizeBytes: number }> {
  const lines: string[] = [];
  let sizeBytes = 0;
  for await (const entry of walkTree(root)) {
    if (entry.is === "folder") continue;
    if (entry.is === "other") throw new UnsupportedEntry(entry.path);
    sizeBytes += entry.sizeBytes;
    if (entry.path === "") return { digest: await digestFile(root), sizeBytes };
    lines.push(treeLine(await digestFile(join(root, entry.path)), entry.path));
  }
  return { digest: digestLines(lines), sizeBytes };
}

export const treeLine = (digest: Digest, path: string): string => `${digest}  ${JSON.stringify(path)}\n`;

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
