/** Records the runs of steps that were taken from the cache: those of many steps in one go. */
import type { Tracker } from "../core/ports/tracker.ts";
import type { EndedRun, RunInfo } from "../core/tracking.ts";

export interface CachedRuns {
  /** Settles when the run is on disk. */
  record(run: EndedRun): Promise<RunInfo>;
  /** Asks the tracker for all that wait. */
  flush(): void;
}

/** Of more, each would wait long for the others, and all of them would take memory. */
const mostWaiting = 5000;
/** For runs of a plan that goes on for long; at its end nothing waits. */
const mostMs = 200;

interface Waiting {
  readonly run: EndedRun;
  readonly done: (info: RunInfo) => void;
  readonly failed: (error: unknown) => void;
}

/** At most 5,000 wait, and none longer than 200 ms. */
export function openCachedRuns(tracker: Tracker): CachedRuns {
  let waiting: Waiting[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const group = waiting;
    if (group.length === 0) return;
    waiting = [];
    tracker.recordRuns(group.map(({ run }) => run)).then(
      (infos) => group.forEach(({ done }, index) => done(infos[index]!)),
      (error) => group.forEach(({ failed }) => failed(error)),
    );
  };
  return {
    record(run) {
      return new Promise((done, failed) => {
        waiting.push({ run, done, failed });
        if (waiting.length >= mostWaiting) flush();
        else timer ??= setTimeout(flush, mostMs);
      });
    },
    flush,
  };
}
