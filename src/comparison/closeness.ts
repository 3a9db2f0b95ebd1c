/** When two numbers count as the same. */

/** The largest difference that was let pass: in the tolerance's own measure, and where. */
export interface Largest {
  readonly difference: number;
  readonly at: string;
}

export interface Closeness {
  /** Whether numbers that differ may count as the same at all. */
  readonly tolerance: number | undefined;
  /** `at` says where the two stand, and is asked only for the largest difference so far. */
  isSame(before: number, after: number, at: () => string): boolean;
  largest(): Largest | undefined;
}

/**
 * Two numbers are the same when `|a - b| <= tolerance * max(1, |a|, |b|)`: relative to the larger one, and absolute where
 * both are below 1. That is Python's `math.isclose` with `rel_tol` and `abs_tol` both the tolerance; unlike numpy's
 * `isclose` it does not matter which comes first. NaN is the same as NaN, an infinity as itself, -0 as 0.
 */
export function openCloseness(tolerance: number | undefined): Closeness {
  let largest: Largest | undefined;
  return {
    tolerance,
    isSame(before, after, at) {
      if (before === after || (Number.isNaN(before) && Number.isNaN(after))) return true;
      if (tolerance === undefined) return false;
      const difference = Math.abs(before - after) / Math.max(1, Math.abs(before), Math.abs(after));
      // False for NaN as well, which an infinity leads to.
      if (!(difference <= tolerance)) return false;
      if (difference > (largest?.difference ?? 0)) largest = { difference, at: at() };
      return true;
    },
    largest: () => largest,
  };
}

/** `same within 0.000001, largest difference 3e-8 in column "x"`; nothing when no number differs. */
export function closenessText({ tolerance, largest }: Closeness): string[] {
  const found = largest();
  if (found === undefined) return [];
  return [
    `same within ${tolerance}, largest difference ${Number(found.difference.toPrecision(2))} in ${found.at}`,
  ];
}
