/** Whether the source files of a command step are what its plan says they were. */
import { dirname, join } from "node:path";
import { isProgram, readFolder } from "../core/file_tree.ts";
import type { PlannedStep } from "../core/plan.ts";
import { getLook } from "../core/look.ts";
import type { FileDigests } from "../core/ports/file_digests.ts";
import { describeFile, describeLink, type SourceList } from "../core/sources.ts";
import { openWitness, type Witnessed } from "./file_witness.ts";

/** One thing that is not what it was. */
export interface Change {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

export interface CheckedSources extends Witnessed {
  readonly changes: readonly Change[];
  /** The same files as few paths, absolute: a folder stands for itself where nothing else is in it. */
  readonly visible: readonly string[];
}

/** Looks at the files of the list and no others: what was added meanwhile is not seen by a step that runs again. */
export async function checkSources(
  step: PlannedStep,
  list: SourceList,
  digests: FileDigests,
): Promise<CheckedSources> {
  const witness = openWitness(digests);
  const folders = new Map<string, boolean>();
  const changes: Change[] = [];
  for (const [name, before] of Object.entries(list)) {
    const after = await isInRealFolder(step.folder, name, folders)
      ? await describe(step.folder, name, witness)
      : "gone";
    if (after !== before) changes.push({ what: sourceText(name, step), before, after });
  }
  const visible = changes.length > 0 ? [] : findVisible(step.folder, list);
  return { changes, visible, findChange: witness.findChange };
}

const sourceText = (name: string, step: PlannedStep): string => `source \`${name}\` of step "${step.name}"`;

/** As `SourceList` has it. */
async function describe(folder: string, name: string, digests: FileDigests): Promise<string> {
  const path = join(folder, name);
  try {
    const look = getLook(path);
    if (look.is === "link") return describeLink(await Deno.readLink(path));
    if (look.is !== "file") return "no file";
    const digest = await digests.digest(path, look);
    return describeFile(digest, isProgram(look));
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return "unreadable";
    if (error instanceof Deno.errors.NotFound) return "gone";
    throw error;
  }
}

/** No link on the way from the step's folder. */
async function isInRealFolder(root: string, name: string, known: Map<string, boolean>): Promise<boolean> {
  const folder = dirname(name);
  if (folder === ".") return true;
  const before = known.get(folder);
  if (before !== undefined) return before;
  const info = await Deno.lstat(join(root, folder)).catch(() => undefined);
  const isReal = info?.isDirectory === true && await isInRealFolder(root, folder, known);
  known.set(folder, isReal);
  return isReal;
}

function findVisible(root: string, list: SourceList): string[] {
  const below = new Map<string, Set<string>>([["", new Set()]]);
  for (const [name, what] of Object.entries(list)) {
    if (what === "unreadable") continue;
    for (let at = name; at !== ""; at = parentOf(at)) {
      const siblings = below.get(parentOf(at)) ?? new Set();
      below.set(parentOf(at), siblings.add(at));
    }
  }
  const visit = (folder: string): { visible: string[]; isWhole: boolean } => {
    const named = below.get(folder)!;
    const entries = readFolder(join(root, folder));
    const visible: string[] = [];
    let isWhole = entries.every((entry) => named.has(folder === "" ? entry.name : `${folder}/${entry.name}`));
    for (const name of [...named].sort()) {
      const inner = below.has(name) ? visit(name) : undefined;
      if (inner === undefined || inner.isWhole) visible.push(join(root, name));
      else visible.push(...inner.visible);
      isWhole &&= inner?.isWhole ?? true;
    }
    return { visible, isWhole };
  };
  return (visit("")).visible;
}

const parentOf = (name: string): string => name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "";
