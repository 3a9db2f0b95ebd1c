/**
 * Gives each of the `sizes` a fold from 0 to `count` - 1, so that folds come out about equally large.
 *
 * Goes through them in an order that `seed` alone decides, and puts each in the fold that is smallest so far.
 */
export function assignFolds(sizes: readonly number[], count: number, seed: number): number[] {
  const totals = new Array<number>(count).fill(0);
  const folds = new Array<number>(sizes.length);
  for (const index of shuffled(sizes.length, seed)) {
    const smallest = totals.indexOf(Math.min(...totals));
    folds[index] = smallest;
    totals[smallest]! += sizes[index]!;
  }
  return folds;
}

/** The numbers from 0 to `length` - 1 in an order of `seed`: Fisher and Yates's shuffle. */
function shuffled(length: number, seed: number): number[] {
  const numbers = Array.from({ length }, (_, index) => index);
  const random = randomOf(seed);
  for (let last = length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [numbers[last], numbers[other]] = [numbers[other]!, numbers[last]!];
  }
  return numbers;
}

/** The same numbers from 0 to below 1 for the same seed, everywhere: the generator known as mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
