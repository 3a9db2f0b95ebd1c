/** Processes of this machine. What is read of them is Linux's /proc: elsewhere, and of one that is gone, there is nothing. */
import { openCLibrary } from "./c_library.ts";

/** Of all users, without our own. */
export function processIds(): number[] {
  try {
    return Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name))
      .filter((pid) => Number.isInteger(pid) && pid !== Deno.pid);
  } catch {
    return [];
  }
}

/** A file of /proc/PID; empty when it cannot be read. */
export function readProcess(pid: number, file: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${file}`);
  } catch {
    return "";
  }
}

const signalNumbers = { SIGKILL: 9, SIGTERM: 15 } as const;
const openLibrary = () => openCLibrary({ kill: { parameters: ["i32", "i32"], result: "i32" } });
let opened: { readonly library: ReturnType<typeof openLibrary> } | undefined;

/** To a process, or with a number below zero to a group. One that has ended, or is another user's, is no error. */
export function signalProcess(pid: number, signal: keyof typeof signalNumbers): void {
  opened ??= { library: openLibrary() };
  // Deno's own call makes an error of each that has ended, in fifty times as long.
  if (opened.library !== undefined) return void opened.library.kill(pid, signalNumbers[signal]);
  try {
    Deno.kill(pid, signal);
  } catch {
    // It has ended, or is another user's.
  }
}

/** How long after a process's start the ids given out since are sure to lie above its own: they wrap around in time. */
const wrapMs = 2000;

/** A process whose own processes are looked for. */
export interface Ancestor {
  readonly pid: number;
  /** By `performance.now()`. */
  readonly startedAt: number;
}

/**
 * Kills every process of this user that was started with a variable of which `isMark` holds (`NAME=value`): what left its
 * process group still bears it.
 *
 * With `since`, only what may have been started by that process: next to nothing to look at after a short one.
 * Looks again until it finds none, as processes may start others meanwhile. Linux only: elsewhere nothing is found.
 */
export function killMarked(isMark: (variable: string) => boolean, since?: Ancestor): void {
  for (let round = 0; round < 20; round++) {
    const found = candidates(since).filter((pid) => variablesOf(pid).some(isMark));
    if (found.length === 0) return;
    for (const pid of found) signalProcess(pid, "SIGKILL");
  }
}

function candidates(since: Ancestor | undefined): number[] {
  const last = since === undefined || performance.now() - since.startedAt > wrapMs
    ? undefined
    : newestProcess();
  if (since === undefined || last === undefined || last < since.pid) return processIds();
  return Array.from({ length: last - since.pid }, (_, index) => since.pid + 1 + index);
}

/** The last number of /proc/loadavg. */
function newestProcess(): number | undefined {
  try {
    const last = Number(Deno.readTextFileSync("/proc/loadavg").trim().split(" ").at(-1));
    return Number.isInteger(last) && last > 0 ? last : undefined;
  } catch {
    return undefined;
  }
}

/** None of a process that is dead, another user's, or not yet reaped. */
const variablesOf = (pid: number): string[] => readProcess(pid, "environ").split("\0");
