/** How a step came to its end. */
import type { StepReport } from "../core/event.ts";

/** A step that has come to its end. */
export interface StepEnd {
  /** For the steps after it. Of a step that was taken from the cache the run's id is not known yet. */
  readonly report: StepReport;
  /**
   * Settles when its outputs are on disk and the tracker has been asked to end its run. A disk that refuses makes it a
   * failed one. Absent when that was so from the beginning.
   */
  readonly closed: Promise<StepReport> | undefined;
  /** Settles when the run's end is on disk: from then on it may be told. */
  readonly recorded: Promise<StepReport>;
}
