/** What ends a step's process before its time: its limits, or whoever runs it. */
import type { ProcessExit, ProcessSpec } from "../core/ports/engine.ts";
import { signalProcess } from "../core/processes.ts";
import type { Orphans } from "./orphans.ts";
import { childrenOf, descendantsOf } from "./process_tree.ts";
import { startTimer } from "./timer.ts";
import { watchUsage } from "./usage.ts";

/** How long a process has between SIGTERM and SIGKILL, so that all of it is gone within 5 s. */
const graceMs = 4000;
/** When a sandbox is asked again whether its program has started. */
const againMs = 50;

type Ending = Extract<ProcessExit, { is: "timed-out" | "over-memory" | "over-cpu-time" | "cancelled" }>;

/** Watches the process until `stop`. `ending` is the first of its ends that came from here. */
export function endOnLimit(
  pid: number,
  spec: ProcessSpec,
  orphans: Orphans | undefined,
  signal: AbortSignal,
): { ending(): Ending | undefined; stop(): void } {
  let first: Ending | undefined;
  let asking: ReturnType<typeof setTimeout> | undefined;
  let killing: ReturnType<typeof setTimeout> | undefined;
  const ask = () => {
    const isAsked = spec.tellsSignals ? askInside(pid) : (signalGroup(pid, "SIGTERM"), true);
    if (!isAsked) asking = setTimeout(ask, againMs);
  };
  const kill = () => killTree(pid, orphans);
  const end = (why: Ending) => {
    if (first !== undefined) return;
    first = why;
    // Memory is not to grow on for another four seconds.
    if (why.is === "over-memory") return kill();
    ask();
    killing = setTimeout(kill, graceMs);
  };
  const onAbort = () => end({ is: "cancelled" });
  signal.addEventListener("abort", onAbort, { once: true });
  const stopTimer = spec.timeoutMs === undefined
    ? undefined
    : startTimer(() => end({ is: "timed-out" }), spec.timeoutMs);
  const processes = () => [pid, ...descendantsOf([pid]), ...orphans?.pids() ?? []];
  const stopWatch = watchUsage(spec, processes, () => orphans?.cpuTimeMs() ?? 0, end);
  return {
    ending: () => first,
    stop() {
      signal.removeEventListener("abort", onAbort);
      stopTimer?.();
      stopWatch();
      clearTimeout(asking);
      clearTimeout(killing);
    },
  };
}

/** A group that is gone already is no error. */
export function signalGroup(pid: number, signal: "SIGKILL" | "SIGTERM"): void {
  signalProcess(-pid, signal);
}

/**
 * SIGTERM to what runs inside the sandbox `pid`: the sandbox itself would end at once, and kill the program with it.
 * False when the program has not started. The sandbox's own process inside takes no notice.
 */
function askInside(pid: number): boolean {
  const inner = childrenOf(pid);
  const programs = descendantsOf(inner);
  for (const each of [...inner, ...programs]) signalProcess(each, "SIGTERM");
  return programs.length > 0;
}

/** All that is found at this moment. */
export function killTree(pid: number, orphans: Orphans | undefined): void {
  const all = [...descendantsOf([pid]), ...orphans?.pids() ?? []];
  signalGroup(pid, "SIGKILL");
  for (const each of all) signalProcess(each, "SIGKILL");
}
