/** Keeps what finished steps made: those that end while others are being kept go together, as disks like it. */
import type { PlannedFiles } from "../core/ports/planned_files.ts";

/** One look at the files of a plan, for all steps that had ended before it. */
export type Look = ReturnType<PlannedFiles["look"]>;

export interface Keeper {
  /** Calls `keep` with a look that begins after this call; settles as it does. */
  keep(keep: (look: Look) => Promise<void>): Promise<void>;
  /** No step runs any more: nothing waits for others from now on. */
  hurry(): void;
}

/**
 * Between the beginnings of two groups, while steps run: nothing waits for what is kept but its being told. Looking at very
 * many files blocks the program, and is to take a little of its time at most.
 */
const rest = { leastMs: 25, timesLook: 20 };

/** Groups begin 25 ms apart or more, and twenty times as far as looking at files takes. */
export function openKeeper(files: PlannedFiles): Keeper {
  let waiting: ((look: Look) => Promise<void>)[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isKeeping = false;
  let isHurried = false;
  let begunAt = -Infinity;
  let lookMs = 0;
  const timedLook = (): Look => {
    const look = files.look();
    lookMs = 0;
    return {
      findChange(step) {
        const since = performance.now();
        const change = look.findChange(step);
        lookMs += performance.now() - since;
        return change;
      },
    };
  };
  const keepGroup = async () => {
    clearTimeout(timer);
    timer = undefined;
    isKeeping = true;
    begunAt = performance.now();
    const keeps = waiting;
    waiting = [];
    const look = timedLook();
    await Promise.allSettled(keeps.map((keep) => keep(look)));
    isKeeping = false;
    beginSoon();
  };
  const beginSoon = () => {
    if (isKeeping || waiting.length === 0) return;
    const restMs = Math.max(rest.leastMs, rest.timesLook * lookMs);
    const waitMs = isHurried ? 0 : begunAt + restMs - performance.now();
    if (waitMs <= 0) keepGroup();
    else timer ??= setTimeout(keepGroup, waitMs);
  };
  return {
    keep(keep) {
      return new Promise((resolve, reject) => {
        waiting.push((look) => keep(look).then(resolve, reject));
        // After this turn: steps that ended together are kept together.
        queueMicrotask(beginSoon);
      });
    },
    hurry() {
      isHurried = true;
      beginSoon();
    },
  };
}
