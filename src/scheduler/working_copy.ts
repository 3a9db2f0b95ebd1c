/** The copy of its folder that a step runs in: made before it begins, and what became of it when it has ended. */
import { dirname, join, relative } from "node:path";
import { atOnce, settled, type Work } from "../core/at_once.ts";
import { canonicalJson } from "../core/canonical_json.ts";
import { refuse } from "../core/error.ts";
import { digestFile, isProgram, makeFolder, walkTree } from "../core/file_tree.ts";
import { findLook, getLook, type Look } from "../core/look.ts";
import { showValue } from "../core/parameter.ts";
import { inside } from "../core/place.ts";
import type { PlannedStep } from "../core/plan.ts";
import { removeTree } from "../core/remove_tree.ts";
import { isNeverSource } from "../core/sources.ts";
import { FolderChanges, isInnerLink } from "../core/working_copy.ts";

export interface WorkingCopy {
  readonly folder: string;
  /** What was in it when the step began, by its path. */
  readonly laid: Map<string, Laid>;
  /** The folders that were. */
  readonly folders: Set<string>;
}

/** `stamp` is that of the copy: a file that still has it is as it was. */
type Laid =
  | { readonly is: "file"; readonly from: string; readonly stamp: string }
  | { readonly is: "link"; readonly target: string };

/**
 * Copies `sources` (absolute files and whole folders below `root`) to `folder`, which is made, then lays over it what the
 * steps `before` made, each its `files` and its `changes`, in their order. Every file of the copy can be written.
 */
export async function makeWorkingCopy(
  root: string,
  sources: readonly string[],
  before: readonly string[],
  folder: string,
): Promise<WorkingCopy> {
  const copy: WorkingCopy = { folder, laid: new Map(), folders: new Set() };
  makeFolder(folder);
  await atOnce(laySources(root, sources, copy));
  for (let index = 0; index + 1 < before.length; index += 2) {
    await atOnce(layOver(before[index]!, before[index + 1]!, copy));
  }
  forgetReplaced(copy);
  return copy;
}

/** A file that another step put a folder in the place of, and the like. */
function forgetReplaced({ folder, laid, folders }: WorkingCopy): void {
  const there = new Set<string>();
  for (const { path, is } of walkTree(folder)) (is === "folder" ? folders : there).add(path);
  for (const path of laid.keys()) if (!there.has(path)) laid.delete(path);
}

function* laySources(root: string, sources: readonly string[], copy: WorkingCopy): Work<void> {
  for (const source of sources) {
    for (const { path, is, look } of walkTree(source)) {
      const at = path === "" ? source : join(source, path);
      yield* lay(relative(root, at), at, is, look, copy);
    }
    if (findLook(source)?.is === "folder") makeFolders(copy.folder, relative(root, source));
  }
}

function* layOver(files: string, changes: string, copy: WorkingCopy): Work<void> {
  const { removed, links } = FolderChanges.parse(JSON.parse(Deno.readTextFileSync(changes)));
  for (const path of removed) {
    const at = join(copy.folder, path);
    if (findLook(at) !== undefined) Deno.removeSync(at, { recursive: true });
  }
  for (const { path, is, look } of walkTree(files)) yield* lay(path, join(files, path), is, look, copy);
  for (const [path, target] of Object.entries(links)) layLink(path, target, copy);
}

function* lay(
  path: string,
  from: string,
  is: "file" | "folder" | "other",
  look: Look,
  copy: WorkingCopy,
): Work<void> {
  yield;
  if (is === "folder") return makeFolders(copy.folder, path);
  if (look.is === "link") return layLink(path, Deno.readLinkSync(from), copy);
  if (is !== "file") return;
  const to = clearPlace(path, copy);
  if (look.sizeBytes <= smallBytes) Deno.copyFileSync(from, to);
  else yield* settled(Deno.copyFile(from, to));
  Deno.chmodSync(to, isProgram(look) ? 0o755 : 0o644);
  // Tools that compare times find those of the files themselves.
  Deno.utimeSync(to, new Date(look.writtenAt), new Date(look.writtenAt));
  copy.laid.set(path, { is: "file", from, stamp: getLook(to).stamp });
}

/** A larger file is copied by another thread. */
const smallBytes = 1 << 20;

function layLink(path: string, target: string, copy: WorkingCopy): void {
  Deno.symlinkSync(target, clearPlace(path, copy));
  copy.laid.set(path, { is: "link", target });
}

/** Where something is to be put: what was there is gone, and folders lead there. */
function clearPlace(path: string, { folder }: WorkingCopy): string {
  const at = join(folder, path);
  makeFolders(folder, dirname(path));
  if (findLook(at) !== undefined) Deno.removeSync(at, { recursive: true });
  return at;
}

/** Folders alone lead to `path`, which is one: what else is on the way, such as a link, is removed. */
function makeFolders(root: string, path: string): void {
  let at = root;
  for (const name of path.split("/")) {
    at = join(at, name);
    const is = findLook(at)?.is;
    if (is === "folder") continue;
    if (is !== undefined) Deno.removeSync(at);
    Deno.mkdirSync(at);
  }
}

/**
 * What became of the copy, whose processes are all dead: `files` and `changes` are made, and what is new is moved there.
 *
 * What only tools keep and what runs leave behind does not count, nor do sockets, pipes and devices. Throws
 * OUTPUT_INVALID for a link that leads out of the folder.
 */
export async function collectChanges(
  step: PlannedStep,
  copy: WorkingCopy,
  outputs: Readonly<Record<"changes" | "files", string>>,
): Promise<void> {
  // What the step itself may have put there could lead elsewhere.
  const folder = dirname(outputs.files);
  if (findLook(folder) !== undefined) await removeTree(folder);
  makeFolder(outputs.files);
  const changes = await atOnce(moveChanges(step, copy, outputs.files));
  Deno.writeTextFileSync(outputs.changes, `${canonicalJson(changes)}\n`);
}

function* moveChanges(
  step: PlannedStep,
  { folder, laid, folders }: WorkingCopy,
  files: string,
): Work<FolderChanges> {
  const gone = new Set(laid.keys());
  const links: Record<string, string> = {};
  const found = [...walkTree(folder)].filter(({ path }) => !path.split("/").some(isNeverSource));
  for (const { path, is, look } of found) {
    yield;
    const before = laid.get(path);
    if (is === "folder") {
      if (!folders.has(path)) makeFolders(files, path);
      continue;
    }
    if (look.is === "link") {
      const target = Deno.readLinkSync(join(folder, path));
      gone.delete(path);
      if (before?.is === "link" && before.target === target) continue;
      if (!isInnerLink(path, target)) refuseLink(step, path, target);
      links[path] = target;
      continue;
    }
    if (is !== "file") continue;
    gone.delete(path);
    if (before?.is === "file" && (yield* isAsBefore(before, join(folder, path), look))) continue;
    makeFolders(files, dirname(path));
    Deno.renameSync(join(folder, path), join(files, path));
  }
  return { removed: [...gone].sort(), links };
}

function* isAsBefore(before: Extract<Laid, { is: "file" }>, path: string, look: Look): Work<boolean> {
  if (look.stamp === before.stamp) return true;
  const was = getLook(before.from);
  if (was.sizeBytes !== look.sizeBytes || isProgram(was) !== isProgram(look)) return false;
  return (yield* settled(digestFile(path))) === (yield* settled(digestFile(before.from)));
}

function refuseLink(step: PlannedStep, path: string, target: string): never {
  return refuse({
    code: "OUTPUT_INVALID",
    message:
      `Cannot take what step "${step.name}" wrote as its link \`${path}\` leads out of the folder, to \`${
        showValue(target)
      }\``,
    at: inside(step.place, `step "${step.name}"`),
    hint: "Write files, and links to what is in the folder",
  });
}
