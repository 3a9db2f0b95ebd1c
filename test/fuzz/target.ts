/** What a fuzz run needs to know of one reader. */
import type { Input } from "./input.ts";

/** A reader that is ready. */
export interface Opened<I extends Input> {
  /** Inputs that it reads, or nearly. */
  readonly samples: readonly I[];
  /**
   * Reads one. What it gives does not matter; it may throw a `SluiceError` or `TrackingError`, and nothing else. Where
   * there is a writer, it also holds what was read against what comes back.
   */
  run(input: I): unknown;
  close?(): Promise<void> | void;
}

export interface Target<I extends Input = Input> {
  /** What is read. */
  readonly name: string;
  /** Its share of all inputs: 1 for most, less for what is slow. */
  readonly weight: number;
  /** Once a process; `folder` is its own, and the only one that can be written. */
  open(folder: string): Promise<Opened<I>> | Opened<I>;
}

/** A function of text. */
export const ofText = (
  name: string,
  samples: readonly string[],
  run: (text: string) => unknown,
): Target<string> => ({
  name,
  weight: 1,
  open: () => ({ samples, run }),
});

/** A function of words. */
export const ofWords = (
  name: string,
  samples: readonly (readonly string[])[],
  run: (words: readonly string[]) => unknown,
): Target<readonly string[]> => ({ name, weight: 1, open: () => ({ samples, run }) });

/** For the table, which holds readers of all kinds. */
export const anyTarget = <I extends Input>(target: Target<I>): Target => target as unknown as Target;
