/** What the scheduler asks of the files of a plan, which `compose/` has observed. */
import type { Digest } from "../digest.ts";
import type { PlannedStep } from "../plan.ts";

/** The files a plan was made from, as they are now. */
export interface PlannedFiles {
  /** What a step sees of its sources: files and whole folders, absolute. */
  visible(step: PlannedStep): readonly string[];
  /** One look at them: what several steps were planned with is looked at once. */
  look(): {
    /** The first of all files the step was planned with that is no longer what it was; undefined when none is. */
    findChange(step: PlannedStep): string | undefined;
  };
  /** The content of its source files, by digest; large ones are left out. */
  texts(step: PlannedStep): Promise<ReadonlyMap<Digest, Uint8Array>>;
}
