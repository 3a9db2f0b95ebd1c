/** Every call by which a run changes files, found by counting: the places where it may be killed. */
import { finish } from "../../run/run_project.ts";
import { type KilledProject, makeProject, startRun, type Workload } from "./killed_project.ts";

/** By their names on x86-64 and AArch64. */
const changingCalls = [
  ...[
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "copy_file_range",
    "sendfile",
    "ftruncate",
    "fallocate",
  ],
  ...["fsync", "fdatasync", "sync_file_range", "syncfs", "rename", "renameat", "renameat2", "link", "linkat"],
  ...[
    "symlink",
    "symlinkat",
    "unlink",
    "unlinkat",
    "rmdir",
    "mkdir",
    "mkdirat",
    "chmod",
    "fchmod",
    "fchmodat",
  ],
  ...["utimensat", "flock"],
];

/** strace counts a call by itself in each thread. */
export interface KillPoint {
  readonly call: string;
  /** Counted are only calls on this path, relative to the project's folder. */
  readonly path?: string;
  /** From 1. */
  readonly number: number;
  /** What it does there. */
  readonly site: string;
}

export interface TracedCall {
  readonly thread: string;
  readonly call: string;
  /** Relative to the project's folder; the last one, of a call with two. */
  readonly path: string;
  /** The call and what kind of file it is on. */
  readonly site: string;
}

/** Arguments of strace that trace the program after them, with its threads, and let go of each program it starts. */
export const straceArguments = (
  log: string,
  calls: readonly string[],
  more: readonly string[] = [],
): string[] => [
  ...["strace", "-f", "-b", "execve", "-qq", "-y", "-s", "1", "-o", log, "-e", "signal=none"],
  ...["-e", `trace=${calls.map((call) => `?${call}`).join(",")}`, ...more],
];

/** The calls in a log of strace that are on files below the folder; the others keep their place, for who counts. */
export function readTraced(
  log: string,
  folder: string,
): (TracedCall | Pick<TracedCall, "thread" | "call">)[] {
  return log.split("\n").flatMap((line) => {
    const [, thread, call, text] = /^(\d+)\s+(\w+)\((.*)$/.exec(line) ?? [];
    if (thread === undefined) return [];
    const paths = [...text!.matchAll(/"(\/[^"]*)"|<(\/[^<>]*)>/g)].map(([, named, open]) => named ?? open!)
      .filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1));
    const path = paths.at(-1);
    return [path === undefined ? { thread, call } : { thread, call, path, site: `${call} ${shapeOf(path)}` }];
  }) as (TracedCall | Pick<TracedCall, "thread" | "call">)[];
}

/** A path with what differs from run to run replaced. */
export const shapeOf = (path: string): string =>
  path.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID").replace(/[0-9a-f]{64}/g, "DIGEST")
    .replace(/[0-9a-f]{32}/g, "ID").replace(/\/[0-9a-f]{2}(?=\/|$)/g, "/HH");

/** Whether another run has the same path. */
const isFixed = (path: string): boolean => !/UUID|ID/.test(shapeOf(path));

/**
 * Runs the workload under strace. Calls of the main thread come in the same order each time; those of others are told
 * apart by the file, where that has a name that the next run gives it as well, else by their number in their thread.
 */
export async function countKillPoints(workload: Workload): Promise<KillPoint[]> {
  using project: KilledProject = makeProject(workload);
  const log = `${project.folder}-trace`;
  try {
    const { code, stderr } = await finish(startRun(project, straceArguments(log, changingCalls)));
    if (code !== 0) throw new Error(`the run under strace ends with ${code}: ${stderr}`);
    return pointsOf(readTraced(Deno.readTextFileSync(log), project.folder));
  } finally {
    Deno.removeSync(log);
  }
}

function pointsOf(calls: ReturnType<typeof readTraced>): KillPoint[] {
  const counted = new Map<string, number>();
  const next = (...what: readonly string[]): number => {
    const key = what.join(" ");
    const number = (counted.get(key) ?? 0) + 1;
    counted.set(key, number);
    return number;
  };
  const points = new Map<string, KillPoint>();
  for (const traced of calls) {
    const { thread, call } = traced;
    const number = next(thread, call);
    if (!("path" in traced)) continue;
    const { path, site } = traced;
    const point = thread !== calls[0]!.thread && isFixed(path)
      ? { call, path, number: next(thread, call, path), site }
      : { call, number, site };
    const key = `${call} ${number} ${"path" in point ? path : ""}`;
    if (!points.has(key)) points.set(key, point);
  }
  return [...points.values()];
}

/** One of each kind of call, for so many kinds, evenly spread; every point where `count` is infinite. */
export function samplePoints(all: readonly KillPoint[], count: number): KillPoint[] {
  if (count === Infinity) return [...all];
  const kinds = [...Map.groupBy(all, ({ site }) => site).values()];
  const middle = <T>(from: readonly T[]): T => from[from.length >> 1]!;
  return Array.from(
    { length: Math.min(count, kinds.length) },
    (_, index) => middle(kinds[Math.floor((index + 0.5) * kinds.length / Math.min(count, kinds.length))]!),
  );
}
