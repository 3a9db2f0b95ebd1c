/** What is said between a fuzz run and its process. */

/** Cases `from` up to `to` of one target. */
export interface Job {
  readonly target: string;
  readonly from: number;
  readonly to: number;
}

/** The argument of the process. */
export interface Order {
  readonly seed: string;
  readonly jobs: readonly Job[];
  /** The only folder that it can write. */
  readonly folder: string;
  /** Where it says which case is under way, as `<index of job> <case> <tries to minimise>`. */
  readonly status: string;
  /** Where it tells what it found: its output is the readers' own. */
  readonly told: string;
  /** A module that exports `targets`, as the table does. */
  readonly table: string;
}

export interface Fault {
  readonly target: string;
  readonly case: number;
  readonly text: string;
  readonly stack?: string;
  /** As `showInput` shows it, minimised where that was possible. */
  readonly input: string;
}

/** What the process tells, one a line. */
export type Saying =
  | { readonly is: "fault"; readonly fault: Fault }
  | {
    readonly is: "done";
    readonly target: string;
    readonly cases: number;
    readonly refused: number;
    /** Of processor time, for all of the job. */
    readonly cpuMs: number;
  };

export const statusLength = 40;
