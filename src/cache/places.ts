/**
 * Where the store of results keeps what: `<cache>/store/`, with files by content, results and records by key. Below the
 * cache's folder nothing but real folders and regular files is used; a link anywhere is as if nothing were there.
 */
import { join } from "node:path";
import { isConfinedPath, isFileName } from "../core/confined_path.ts";
import type { Digest } from "../core/digest.ts";
import { refuse } from "../core/error.ts";
import { findLook } from "../core/look.ts";
import type { KeptFile, KeptOutput, StepResult } from "../core/step_result.ts";

/** The folders of the store, each with one for the first two digits of a name, but `parts`: what is being made. */
export type StoreFolder = "files" | "records" | "results";

/** The 64 hex digits of a digest. */
export const hexOf = (digest: Digest): string => digest.slice("sha256:".length);

/** The name of a file in the store: its digest, and `.x` where it may be executed. */
export const blobName = (file: Pick<KeptFile, "digest" | "isProgram">): string =>
  hexOf(file.digest) + (file.isProgram ? ".x" : "");

/** Whether a name in `files/` is one of ours. */
export const isBlobName = (name: string): boolean => /^[0-9a-f]{64}(\.x)?$/.test(name);

export interface Places {
  readonly cache: string;
  /** `<cache>/store/files/ab/ab….x`. */
  blob(name: string): string;
  /** `<cache>/store/results/ab/ab….json`. */
  entry(folder: "records" | "results", key: Digest): string;
  /** A new name in `<cache>/store/parts/`. */
  part(): string;
  /** Makes the folders above what lies in `folder` under `name`; without both, those of parts. Refuses a link. */
  make(folder?: StoreFolder, name?: string): void;
  /** Whether all folders above it are there and real. */
  isThere(folder?: StoreFolder, name?: string): boolean;
}

/** Of one operation: what was seen to be a real folder is not looked at again. */
export function openPlaces(cache: string): Places {
  const real = new Set<string>();
  const store = join(cache, "store");
  const above = (folder?: StoreFolder, name?: string): readonly string[] => {
    const parts = folder === undefined || name === undefined ? ["parts"] : [folder, name.slice(0, 2)];
    return parts.reduce((paths, part) => [...paths, join(paths.at(-1)!, part)], [store]);
  };
  const isReal = (path: string): boolean => {
    if (real.has(path)) return true;
    if (findLook(path)?.is !== "folder") return false;
    real.add(path);
    return true;
  };
  return {
    cache,
    blob: (name) => join(store, "files", name.slice(0, 2), name),
    entry: (folder, key) => join(store, folder, hexOf(key).slice(0, 2), `${hexOf(key)}.json`),
    part: () => join(store, "parts", crypto.randomUUID()),
    make(folder, name) {
      for (const path of above(folder, name)) if (!isReal(path)) makeReal(path, cache);
    },
    isThere: (folder, name) => above(folder, name).every(isReal),
  };
}

function makeReal(path: string, cache: string): void {
  const look = findLook(path);
  if (look?.is === "folder") return;
  if (look !== undefined) {
    refuse({
      code: "CACHE_UNUSABLE",
      message: `Cannot keep results as \`${path}\` is no folder`,
      at: { file: path },
      hint:
        "Remove it: it is made anew; a link to another disk belongs in the place of the whole cache folder",
    });
  }
  try {
    Deno.mkdirSync(cache, { recursive: true });
    Deno.mkdirSync(path);
  } catch (error) {
    // Another process makes the same folders.
    if (error instanceof Deno.errors.AlreadyExists && findLook(path)?.is === "folder") return;
    refuse({
      code: "FOLDER_NOT_WRITABLE",
      message: `Cannot make the folder \`${path}\`: ${error instanceof Error ? error.message : error}`,
      at: { file: path },
      hint: "Set XDG_CACHE_HOME to a folder that can be written",
    });
  }
}

/** What lies at a path, no link followed; undefined when there is nothing, or it cannot be seen. */
export function findInfo(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch {
    return undefined;
  }
}

/** Names and kinds in a folder, sorted; nothing where it is none. */
export function listFolder(path: string): readonly Deno.DirEntry[] {
  if (findInfo(path)?.isDirectory !== true) return [];
  try {
    return [...Deno.readDirSync(path)].sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  } catch {
    return [];
  }
}

/**
 * Whether every path in a result stays below the folder it is meant for, and stands for one thing. Results are files
 * that anybody may have written.
 */
export function isConfined(result: StepResult): boolean {
  const outputs = Object.values(result.outputs);
  return areDistinct(outputs.map((output) => output.file)) && outputs.every(isOutputConfined);
}

function isOutputConfined({ file, isFolder, files, emptyFolders }: KeptOutput): boolean {
  if (!isFileName(file)) return false;
  if (!isFolder) return files.length === 1 && files[0]!.path === "" && emptyFolders.length === 0;
  const paths = files.map((each) => each.path);
  const leaves = new Set([...paths, ...emptyFolders]);
  return areDistinct([...paths, ...emptyFolders]) &&
    [...leaves].every((path) =>
      isConfinedPath(path) && foldersAbove(path).every((above) => !leaves.has(above))
    );
}

const areDistinct = (names: readonly string[]): boolean => new Set(names).size === names.length;

/** Of `a/b/c`: `a`, `a/b`. */
export function foldersAbove(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}
