/** Comparison: tells two outputs apart, by bytes or by what their format holds. This file: two of one kind. */
import { extname } from "node:path";
import { isProgram, walkTree } from "../core/file_tree.ts";
import type { KindSpec } from "../core/kind.ts";
import type { TreeEntry } from "../core/tree_entry.ts";
import { compareFiles } from "./compare_files.ts";
import { type Comparison, type Difference, differenceText } from "./comparison.ts";
import { within } from "./read_pieces.ts";

export { differenceText };

export interface CompareOptions {
  /** How far numbers may be apart, as `openCloseness` has it; not at all when absent. */
  readonly tolerance?: number;
}

/**
 * Compares a file or folder with another, following no link and in flat memory; neither may change meanwhile.
 *
 * Names, contents and whether a file is a program count; times, owners and empty folders do not.
 */
export async function compareOutputs(
  before: string,
  after: string,
  kind: KindSpec,
  { tolerance }: CompareOptions = {},
): Promise<Comparison> {
  const [left, right] = [listEntries(before), listEntries(after)];
  if (left === undefined || right === undefined) {
    return { is: "missing", in: left !== undefined ? "after" : right !== undefined ? "before" : "both" };
  }
  const allowed: string[] = [];
  let first: Difference | undefined;
  let files = 0;
  for (const path of [...new Set([...left.keys(), ...right.keys()])].sort()) {
    const difference = entryDifference(path, left.get(path), right.get(path)) ??
      await contentDifference(path, path === "" ? formatOf(kind, before) : formatOfName(path), allowed, {
        before,
        after,
        tolerance,
      });
    if (difference === undefined) continue;
    files++;
    first ??= difference;
  }
  return first === undefined ? { is: "same", allowed } : { is: "different", first, files };
}

interface Entry {
  readonly is: "file" | "other";
  readonly isProgram: boolean;
}

/** Files by path; undefined when there is nothing at all. A folder without files in it holds nothing. */
function listEntries(root: string): Map<string, Entry> | undefined {
  const entries = new Map<string, Entry>();
  try {
    for (const entry of walkTree(root)) {
      if (entry.is !== "folder") entries.set(entry.path, describeEntry(entry));
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return entries;
}

const describeEntry = ({ is, look }: TreeEntry): Entry =>
  is === "file" ? { is, isProgram: isProgram(look) } : { is: "other", isProgram: false };

function entryDifference(
  file: string,
  before: Entry | undefined,
  after: Entry | undefined,
): Difference | undefined {
  const at = "";
  if (before === undefined) return { file, at, note: file === "" ? "it is a file now" : "it is new" };
  if (after === undefined) return { file, at, note: file === "" ? "it is no file any more" : "it is gone" };
  if (before.is === "other" || after.is === "other") {
    return { file, at, note: "it is neither a file nor a folder, and is not read" };
  }
  if (before.isProgram === after.isProgram) return undefined;
  return { file, at, note: after.isProgram ? "it is a program now" : "it is no program any more" };
}

async function contentDifference(
  file: string,
  format: string,
  allowed: string[],
  { before, after, tolerance }: { before: string; after: string; tolerance: number | undefined },
): Promise<Difference | undefined> {
  const compared = await compareFiles(within(before, file), within(after, file), format, tolerance);
  if (compared.is === "different") return { file, ...compared.found };
  allowed.push(...compared.allowed.map((text) => file === "" ? text : `${file}: ${text}`));
  return undefined;
}

function formatOf(kind: KindSpec, path: string): string {
  switch (kind.kind) {
    case "dataset":
      return kind.format;
    case "file":
      return kind.format ?? formatOfName(path);
    case "model":
      return formatOfName(path);
  }
}

const formatOfName = (path: string): string => extname(path).slice(1);
