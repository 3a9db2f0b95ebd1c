/** What the endless program is asked, and what it answers. */

export interface Request {
  readonly number: number;
  /** Of `troubles`; without one `soak` runs as a whole. */
  readonly entryPoint?: string;
  /** Aborted after so long. */
  readonly afterMs?: number;
}

/** What a process holds when nothing is under way and its garbage is collected. */
export interface Held {
  /** `finished`, or the code of what was thrown. */
  readonly outcome: string;
  readonly runs: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Targets of `/proc/self/fd`, sorted. */
  readonly descriptors: readonly string[];
  readonly threads: number;
}
