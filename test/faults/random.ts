/** Chance that is the same each time: mulberry32, seeded. */

export interface Random {
  /** A whole number from 0 to below `end`. */
  below(end: number): number;
  /** True in so large a share of all cases. */
  chance(share: number): boolean;
  pick<T>(from: readonly T[]): T;
}

export function openRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  return {
    below,
    chance: (share) => next() < share,
    pick: (from) => from[below(from.length)]!,
  };
}
