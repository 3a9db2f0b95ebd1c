/**
 * What the steps of an MLflow project wrote, back in its folder: MLflow's own runs leave it there.
 *
 * `.sluice/written.json` remembers it, so that the next run tells it from the files of the user: steps that run again do
 * not find what they themselves added before. Without it they run once more. A file that was there before a step wrote to
 * it stays one of the user's: the next run begins with what it holds then.
 */
import { dirname, join } from "node:path";
import { z } from "zod";
import { writeAtomically } from "../core/atomic_write.ts";
import { digestFile, isProgram, makeFolder, walkTree } from "../core/file_tree.ts";
import { isDone, type StepReport } from "../core/event.ts";
import { isConfinedPath } from "../core/confined_path.ts";
import { lazySchema } from "../core/lazy_schema.ts";
import { findLook } from "../core/look.ts";
import type { Plan } from "../core/plan.ts";
import { describeFile, describeLink } from "../core/sources.ts";
import { isSystemError } from "../core/system_error.ts";
import { FolderChanges } from "../core/working_copy.ts";

const WrittenFiles = lazySchema(() =>
  z.object({
    version: z.literal(1),
    /** By path: what it is, as `SourceList` has it, and the step that wrote it. */
    files: z.record(
      z.string().refine(isConfinedPath),
      z.object({ what: z.string(), by: z.string() }).readonly(),
    ).readonly(),
  }).readonly()
);
type WrittenFiles = z.infer<typeof WrittenFiles>;

const recordPath = (folder: string): string => join(folder, ".sluice", "written.json");

/** Paths of files in `folder` that one of `steps` wrote in an earlier run and that are as it left them. */
export async function findWritten(folder: string, steps: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = [];
  for (const [path, { what, by }] of Object.entries(readRecord(folder).files)) {
    if (steps.has(by) && await describe(join(folder, path)) === what) found.push(path);
  }
  return found;
}

/** One that cannot be read is none. */
function readRecord(folder: string): WrittenFiles {
  try {
    return WrittenFiles.parse(JSON.parse(Deno.readTextFileSync(recordPath(folder))));
  } catch {
    return { version: 1, files: {} };
  }
}

/** As `SourceList` has it; undefined where nothing is, and a text of its own for what is neither file nor link. */
async function describe(path: string): Promise<string | undefined> {
  const look = findLook(path);
  if (look === undefined) return undefined;
  if (look.is === "link") return describeLink(Deno.readLinkSync(path));
  if (look.is !== "file") return look.is;
  return describeFile(await digestFile(path), isProgram(look));
}

/** What one step did last to one path. */
type Last =
  | { readonly is: "file"; readonly from: string; readonly by: string }
  | { readonly is: "link"; readonly target: string; readonly by: string }
  | { readonly is: "removed"; readonly by: string };

/**
 * Puts what the steps wrote into `folder`, and removes what they removed, later steps after earlier ones.
 *
 * A file that is neither what the run began with nor what an earlier run wrote is the user's, and stays; `warn` is told.
 */
export async function writeBack(
  folder: string,
  plan: Plan,
  reports: readonly StepReport[],
  warn: (message: string) => void,
): Promise<void> {
  const before = readRecord(folder).files;
  const files = new Map(Object.entries(before));
  const sources = Object.assign({}, ...Object.values(plan.sources)) as Record<string, string>;
  for (const [path, last] of lastChanges(reports)) {
    try {
      const what = await put(folder, path, last, [sources[path], before[path]?.what]);
      if (what === "kept") {
        warn(`\`${path}\` changed while the run was under way and stays as it is${whereOf(last)}`);
      } else if (what === undefined || sources[path] !== undefined) files.delete(path);
      else files.set(path, { what, by: last.by });
    } catch (error) {
      if (!isSystemError(error)) throw error;
      warn(`\`${path}\` cannot be written into the project's folder: ${error.message}${whereOf(last)}`);
    }
  }
  const record: WrittenFiles = { version: 1, files: Object.fromEntries([...files].sort()) };
  if (JSON.stringify(record.files) === JSON.stringify(before)) return;
  makeFolder(dirname(recordPath(folder)));
  await writeAtomically(recordPath(folder), `${JSON.stringify(record, undefined, 2)}\n`);
}

const whereOf = (last: Last): string =>
  last.is === "file" ? `; what step "${last.by}" wrote is \`${last.from}\`` : "";

function lastChanges(reports: readonly StepReport[]): ReadonlyMap<string, Last> {
  const changes = new Map<string, Last>();
  for (const { step, outcome, outputs: { files, changes: rest } } of reports) {
    if (!isDone(outcome) || files === undefined || rest === undefined) continue;
    const { removed, links } = FolderChanges.parse(JSON.parse(Deno.readTextFileSync(rest.path)));
    for (const path of removed) changes.set(path, { is: "removed", by: step });
    for (const { path, is } of walkTree(files.path)) {
      if (is === "file") changes.set(path, { is: "file", from: join(files.path, path), by: step });
    }
    for (const [path, target] of Object.entries(links)) changes.set(path, { is: "link", target, by: step });
  }
  return changes;
}

/** What is there now; `kept` where it is the user's. `known` is what may be written over. */
async function put(
  folder: string,
  path: string,
  last: Last,
  known: readonly (string | undefined)[],
): Promise<string | undefined> {
  const at = join(folder, path);
  if (!isFolderAbove(folder, path)) return "kept";
  const now = await describe(at);
  const next = last.is === "removed"
    ? undefined
    : last.is === "link"
    ? describeLink(last.target)
    : await describe(last.from);
  if (now === next) return next;
  if (now !== undefined && !known.includes(now)) return "kept";
  if (last.is === "removed") {
    await Deno.remove(at);
    return undefined;
  }
  [dirname(at), dirname(recordPath(folder))].forEach(makeFolder);
  const part = join(dirname(recordPath(folder)), `part-${crypto.randomUUID()}`);
  try {
    if (last.is === "link") await Deno.symlink(last.target, part);
    else {
      await Deno.copyFile(last.from, part);
      await Deno.chmod(part, next!.endsWith(" x") ? 0o755 : 0o644);
    }
    await Deno.rename(part, at);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
  return next;
}

/** Whether nothing but folders, or nothing at all, leads to it: a link could lead elsewhere. */
function isFolderAbove(folder: string, path: string): boolean {
  const names = path.split("/").slice(0, -1);
  return names.every((_, index) => {
    const is = findLook(join(folder, ...names.slice(0, index + 1)))?.is;
    return is === undefined || is === "folder";
  });
}
