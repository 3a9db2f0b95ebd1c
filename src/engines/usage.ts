/** How much memory and CPU time a step's processes have taken, held against its limits. Linux only. */
import type { ProcessExit } from "../core/ports/engine.ts";
import { readProcess } from "../core/processes.ts";
import { readStat } from "./process_tree.ts";

export interface UsageLimits {
  readonly memoryBytes?: number;
  readonly cpuTimeMs?: number;
}
export type OverLimit = Extract<ProcessExit, { is: "over-memory" | "over-cpu-time" }>;

const everyMs = 100;
/** Looking takes at most this share of the time. */
const share = 1 / 20;

/** Looks every 100 ms, and calls `onOver` once; gives a function that stops it. `endedMs` is CPU time of ended orphans. */
export function watchUsage(
  limits: UsageLimits,
  processes: () => readonly number[],
  endedMs: () => number,
  onOver: (exit: OverLimit) => void,
): () => void {
  if (limits.memoryBytes === undefined && limits.cpuTimeMs === undefined) return () => {};
  let timer: ReturnType<typeof setTimeout>;
  const look = () => {
    const startedAt = performance.now();
    const exit = overLimit(limits, processes(), endedMs());
    if (exit !== undefined) return onOver(exit);
    timer = setTimeout(look, Math.max(everyMs, (performance.now() - startedAt) / share));
  };
  timer = setTimeout(look, everyMs);
  return () => clearTimeout(timer);
}

function overLimit(limits: UsageLimits, pids: readonly number[], endedMs: number): OverLimit | undefined {
  if (limits.memoryBytes !== undefined) {
    // Shared pages are counted for each here: quick to know, and never too little.
    if (sum(pids, residentBytes) > limits.memoryBytes) {
      const usedBytes = sum(pids, proportionalBytes);
      if (usedBytes > limits.memoryBytes) return { is: "over-memory", usedBytes };
    }
  }
  if (limits.cpuTimeMs !== undefined) {
    const usedMs = endedMs + sum(pids, (pid) => readStat(pid)?.cpuTimeMs ?? 0);
    if (usedMs > limits.cpuTimeMs) return { is: "over-cpu-time" };
  }
  return undefined;
}

const sum = (pids: readonly number[], of: (pid: number) => number): number =>
  pids.reduce((total, pid) => total + of(pid), 0);

/** Memory that only the process can give back: not the pages of mapped files, which the system may drop. */
const residentBytes = (pid: number): number =>
  kilobytes(readProcess(pid, "status"), ["RssAnon", "RssShmem", "VmSwap"]) ?? 0;

/** The same with each shared page divided among the processes that share it, so that forked workers count once. */
function proportionalBytes(pid: number): number {
  const text = readProcess(pid, "smaps_rollup");
  return kilobytes(text, ["Pss_Anon", "Pss_Shmem", "SwapPss"]) ?? residentBytes(pid);
}

/** Undefined when none is named. */
function kilobytes(text: string, names: readonly string[]): number | undefined {
  const found = names.flatMap((name) => new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? []);
  return found.length === 0 ? undefined : found.reduce((total, each) => total + Number(each) * 1024, 0);
}
