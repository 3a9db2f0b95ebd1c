/** Puts what a power loss left on the disk, and looks at it as the next start of sluice would. */
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openCache } from "../../../src/cache/cache.ts";
import { digestsPath } from "../../../src/cache/digest_memory.ts";
import { mendRuns } from "../../../src/compose/mend_runs.ts";
import { type Digest, Digest as DigestSchema } from "../../../src/core/digest.ts";
import { digestFile, digestTree } from "../../../src/core/file_tree.ts";
import type { StepResult } from "../../../src/core/step_result.ts";
import { openSqliteTracker } from "../../../src/tracker/sqlite_tracker.ts";
import { digestsByKey, type Recording } from "./recording.ts";
import type { Remaining } from "./remains.ts";

export interface RemainingRun {
  readonly status: string;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
}

/** What is left in the tracker's file. */
export interface FoundRuns {
  /** By id. */
  readonly runs: ReadonlyMap<string, RemainingRun>;
  /** What must never be, whatever was said before. */
  readonly faults: readonly string[];
}

/** What is left of outputs. */
export interface FoundOutputs {
  /** Of each output that lies where its run put it, what it is now; by path. */
  readonly inPlace: ReadonlyMap<string, Digest>;
  /** Keys whose results can be restored. */
  readonly restorable: ReadonlySet<string>;
  readonly faults: readonly string[];
}

export type Remains = ReadonlyMap<string, Remaining>;

/** The part of a tree that the runs are read from. */
export const runsIn = ({ project }: Recording, remains: Remains): Remains =>
  new Map([...remains].filter(([path]) => isOfRuns(path.slice(project.length + 1))));

/** The part that outputs and kept results lie in. */
export const outputsIn = ({ project }: Recording, remains: Remains): Remains =>
  new Map([...remains].filter(([path]) => !isOfRuns(path.slice(project.length + 1))));

const isOfRuns = (path: string): boolean => /^(mlflow\.db|\.sluice)/.test(path);

/** Makes the tree where it was recorded. What is there goes. */
export function placeRemains({ project, cache, scratch }: Recording, remains: Remains): void {
  for (const folder of [project, cache, scratch]) {
    for (const { name } of [...Deno.readDirSync(folder)]) {
      Deno.removeSync(join(folder, name), { recursive: true });
    }
  }
  const placed = new Map<number, string>();
  for (const [path, each] of remains) {
    if (each.is === "folder") {
      Deno.mkdirSync(path, { recursive: true });
      continue;
    }
    const same = placed.get(each.node);
    if (same !== undefined) Deno.linkSync(same, path);
    else Deno.writeFileSync(path, each.read(), { mode: each.isProgram ? 0o755 : 0o644 });
    placed.set(each.node, path);
  }
}

/** Of a tree that was placed, which is changed by it as by a start. */
export async function examineRuns({ project }: Recording): Promise<FoundRuns> {
  const faults: string[] = [];
  const path = join(project, "mlflow.db");
  const runs = readDatabase(path, faults);
  try {
    const tracker = await openSqliteTracker(path, { create: true, clock: Date.now });
    try {
      await mendRuns(join(project, ".sluice"), () => Promise.resolve(tracker), Date.now());
    } finally {
      await tracker.close();
    }
    using database = new DatabaseSync(path, { readOnly: true });
    const running = database.prepare("SELECT 1 FROM runs WHERE status IN ('RUNNING', 'SCHEDULED')").all();
    if (running.length > 0) faults.push("a run is left as RUNNING by the next start");
  } catch (error) {
    faults.push(`the tracker is refused: ${messageOf(error)}`);
  }
  return { runs, faults };
}

function readDatabase(path: string, faults: string[]): ReadonlyMap<string, RemainingRun> {
  const runs = new Map<string, RemainingRun>();
  if (!isThere(path)) return runs;
  try {
    // Written to, as what a commit left half done is undone by who opens it.
    using database = new DatabaseSync(path);
    const check = database.prepare("PRAGMA integrity_check").all().map((row) => row["integrity_check"]);
    if (check.join() !== "ok") faults.push("mlflow.db is not intact");
    if (database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'runs'").get() === undefined) return runs;
    const pairs = (table: string, id: string) =>
      Object.fromEntries(
        database.prepare(`SELECT key, value FROM ${table} WHERE run_uuid = ?`).all(id)
          .map((row) => [row["key"], row["value"]]),
      );
    for (const row of database.prepare("SELECT run_uuid, status FROM runs").all()) {
      const id = String(row["run_uuid"]);
      runs.set(id, {
        status: String(row["status"]),
        params: pairs("params", id) as Record<string, string>,
        metrics: pairs("latest_metrics", id) as Record<string, number>,
      });
    }
  } catch (error) {
    faults.push(`mlflow.db cannot be read: ${messageOf(error)}`);
  }
  return runs;
}

/** Of a tree that was placed; takes everything that is kept: what is given out must be what was made. */
export async function examineOutputs(recording: Recording): Promise<FoundOutputs> {
  const faults: string[] = [];
  const inPlace = await digestOutputs(recording);
  const cache = openCache({ cache: join(recording.cache, "sluice"), clock: Date.now });
  const restorable = new Set<string>();
  for (const [key, expected] of digestsByKey(recording.steps)) {
    const result = await cache.find(DigestSchema.parse(key));
    if (result === undefined) continue;
    const outputs = Object.entries(result.outputs);
    if (outputs.some(([name, { digest }]) => expected[name] !== digest)) {
      faults.push("a result names other outputs than were made");
    }
    const place = new URL(result.madeBy.artifactUri, "file:///").pathname;
    if (await cache.isIntact(result, place) && !await fits(result, expected, place)) {
      faults.push("damaged outputs are taken for intact where they lie");
    }
    const folder = join(recording.scratch, key, "artifacts");
    Deno.mkdirSync(folder, { recursive: true });
    if (!await cache.restore(result, folder)) continue;
    if (await fits(result, expected, folder)) restorable.add(key);
    else faults.push("damaged outputs are restored");
  }
  await findFalseMemories(recording, faults);
  return { inPlace, restorable, faults };
}

async function digestOutputs({ steps }: Recording): Promise<ReadonlyMap<string, Digest>> {
  const found = new Map<string, Digest>();
  const paths = new Set(steps.flatMap(({ outputs }) => Object.values(outputs).map(({ path }) => path)));
  for (const path of paths) {
    const digest = await findDigest(path);
    if (digest !== undefined) found.set(path, digest);
  }
  return found;
}

/** Undefined where there is nothing, or no file and no folder. */
async function findDigest(path: string): Promise<Digest | undefined> {
  try {
    return (await digestTree(path)).digest;
  } catch {
    return undefined;
  }
}

async function fits(
  result: StepResult,
  expected: Readonly<Record<string, Digest>>,
  folder: string,
): Promise<boolean> {
  const outputs = Object.entries(result.outputs);
  for (const [name, { file }] of outputs) {
    if (await findDigest(join(folder, file)) !== expected[name]) return false;
  }
  return outputs.length === Object.keys(expected).length;
}

/**
 * The store trusts a large file by its size, times and inode, which a power loss may leave as they were: no file may be
 * remembered before its bytes are safe. The times of a tree that was placed are others, so the memory itself is read.
 */
async function findFalseMemories({ cache }: Recording, faults: string[]): Promise<void> {
  const path = digestsPath(join(cache, "sluice"));
  if (!isThere(path)) return;
  for (const { name, stamp, digest } of readMemory(path)) {
    const [, kind, what] = /^(blob|place|file) (.*)$/.exec(name) ?? [];
    const file = kind === "blob" ? join(dirname(path), "files", what!.slice(0, 2), what!) : what!;
    const info = await Deno.lstat(file).catch(() => undefined);
    if (info === undefined || !stamp.split(/\D+/).includes(String(info.size))) continue;
    if (await digestFile(file) !== digest) faults.push(`a ${kind} is remembered that was not safe`);
  }
}

/** A database that is damaged, or half made, remembers nothing. */
function readMemory(path: string) {
  try {
    using database = new DatabaseSync(path);
    return database.prepare("SELECT name, stamp, digest FROM digests").all()
      .map((row) => ({
        name: String(row["name"]),
        stamp: String(row["stamp"]),
        digest: String(row["digest"]),
      }));
  } catch {
    return [];
  }
}

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error);

function isThere(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}
