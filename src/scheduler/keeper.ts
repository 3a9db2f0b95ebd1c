/** Keeps what finished steps made: those that end while others are being kept go together, as disks like it. */
import type { PlannedFiles } from "../core/ports.ts";

/** One look at the files of a plan, for all steps that had ended before it. */
export type Look = ReturnType<PlannedFiles["look"]>;

export interface Keeper {
  /** Calls `keep` with a look that begins after this call; settles as it does. */
  keep(keep: (look: Look) => Promise<void>): Promise<void>;
}

export function openKeeper(files: PlannedFiles): Keeper {
  let waiting: ((look: Look) => Promise<void>)[] = [];
  let group: Promise<void> | undefined;
  const keepGroup = async () => {
    const keeps = waiting;
    waiting = [];
    group = undefined;
    const look = files.look();
    await Promise.allSettled(keeps.map((keep) => keep(look)));
  };
  let before = Promise.resolve();
  return {
    keep(keep) {
      return new Promise((resolve, reject) => {
        waiting.push((look) => keep(look).then(resolve, reject));
        group ??= before = before.then(keepGroup);
      });
    },
  };
}
