/**
 * Orphans: processes of a step whose parent has ended, such as daemons.
 *
 * While steps run they become children of ours. Whose an orphan is, is told by its soft RLIMIT_LOCKS: Linux gives no
 * meaning to that limit, and it outlives fork, exec, setsid and an emptied environment. Each step has a number of its
 * own there. A process that changed it is nobody's, and is ended when no step is running: no process of ours is in
 * another session.
 */
import { readProcess, signalProcess } from "../core/processes.ts";
import type { Child } from "./child.ts";
import { endDeathWatch, watchDeath } from "./death_watch.ts";
import { nativeCalls } from "./native_calls.ts";
import { whenEnded } from "./native_library.ts";
import { descendantsOf, ownChildren, readStat } from "./process_tree.ts";

/** The orphans of one step. */
export interface Orphans {
  /** Those that are there now, with what they started. */
  pids(): number[];
  /** CPU time of those that have ended. */
  cpuTimeMs(): number;
  /** Kills them all, and whatever comes of them; ends when they are gone, at the latest after 4 s. */
  end(): Promise<void>;
}

const endMs = 4000;
/** How often those that ended by themselves are taken note of, so that they do not pile up. */
const reapEveryMs = 1000;

interface Step {
  readonly mark: string;
  root: number | undefined;
  cpuTimeMs: number;
}

const steps = new Set<Step>();
/** Set while orphans become children of ours. */
let adoption: {
  /** Children that were there before. */
  readonly known: ReadonlySet<number>;
  readonly reaping: ReturnType<typeof setInterval>;
} | undefined;

/** Begins the marks of all steps of this process; nine digits more make one. */
const firstDigits = String(2_305_843_010 + crypto.getRandomValues(new Uint32Array(1))[0]! % 2_305_843_000);
let marks = 0;

/** From 2 ** 61 to 2 ** 62, where nobody's limit is by chance. */
const nextMark = (): string => `${firstDigits}${String(marks++ % 1_000_000_000).padStart(9, "0")}`;

/** Starts a step's process. No orphans where the system gives no way to find them: other than Linux, no FFI. */
export function startWithOrphans(
  start: () => Child,
): { readonly child: Child; readonly orphans: Orphans | undefined } {
  const calls = nativeCalls();
  if (calls === undefined) return { child: start(), orphans: undefined };
  const step: Step = { mark: nextMark(), root: undefined, cpuTimeMs: 0 };
  adoption ??= startAdoption();
  steps.add(step);
  try {
    const child = calls.withMark(BigInt(step.mark), start);
    step.root = child.pid;
    const pids = () => withDescendants(adopted().filter((pid) => markOf(pid) === step.mark));
    return { child, orphans: { pids, cpuTimeMs: () => step.cpuTimeMs, end: () => end(step) } };
  } catch (error) {
    steps.delete(step);
    if (steps.size === 0) stopAdoption();
    throw error;
  }
}

/** Kills, at once, every orphan of the steps that are running: for when the program itself ends. */
export function killOrphans(): void {
  const marks = new Set([...steps].map(({ mark }) => mark));
  if (marks.size > 0) withDescendants(adopted().filter((pid) => marks.has(markOf(pid)))).forEach(kill);
}

/** What watches over steps ends, unless one is running: at the end of a run. */
export function endWatch(): void {
  if (steps.size === 0) endDeathWatch();
}

function startAdoption(): typeof adoption {
  watchDeath(firstDigits);
  const known = new Set(ownChildren());
  nativeCalls()?.setSubreaper(true);
  const reaping = setInterval(() => steps.forEach(reapEnded), reapEveryMs);
  Deno.unrefTimer(reaping);
  return { known, reaping };
}

function stopAdoption(): void {
  nativeCalls()?.setSubreaper(false);
  clearInterval(adoption?.reaping);
  adoption = undefined;
}

async function end(step: Step): Promise<void> {
  step.root = undefined;
  // Of nearly every step there is none: one look is all.
  const isAlone = adopted().length === 0;
  if (!isAlone) await endAll(() => adopted().filter((pid) => markOf(pid) === step.mark), step);
  steps.delete(step);
  if (!isAlone) await endAll(() => steps.size === 0 && adoption !== undefined ? strangers() : [], step);
  if (steps.size === 0 && adoption !== undefined) stopAdoption();
}

/** Children of ours that are the first process of no step. */
function adopted(): number[] {
  const roots = new Set([...steps].map(({ root }) => root));
  return ownChildren().filter((pid) => !roots.has(pid) && !adoption?.known.has(pid));
}

/** Those of steps that are over, when none is running. */
function strangers(): number[] {
  const session = readStat(Deno.pid)?.session;
  return adopted().filter((pid) => {
    const found = readStat(pid);
    return found !== undefined && found.session !== session;
  });
}

/** What a step's process was started with; a zombie still has it. */
const markOf = (pid: number): string =>
  String(nativeCalls()?.markOf(pid) ?? /^Max file locks\s+(\S+)/m.exec(readProcess(pid, "limits"))?.[1]);

async function endAll(find: () => readonly number[], step: Step): Promise<void> {
  const until = performance.now() + endMs;
  for (;;) {
    const found = find();
    if (found.length === 0) return;
    // What bubblewrap leaves of itself is dying as it is, and often dead.
    const alive = found.filter((pid) => !reap(pid, step));
    withDescendants(alive).forEach(kill);
    if (performance.now() > until) return;
    // What a dead one started is ours by now.
    for (const pid of alive) {
      await whenEnded(pid, until - performance.now());
      reap(pid, step);
    }
  }
}

function reapEnded(step: Step): void {
  for (const pid of adopted()) {
    if (readStat(pid)?.isZombie && markOf(pid) === step.mark) reap(pid, step);
  }
}

function reap(pid: number, step: Step): boolean {
  const ended = nativeCalls()?.reap(pid);
  if (ended !== undefined) step.cpuTimeMs += ended.cpuTimeMs;
  return ended !== undefined;
}

const withDescendants = (pids: readonly number[]): number[] => [...pids, ...descendantsOf(pids)];

const kill = (pid: number): void => signalProcess(pid, "SIGKILL");
