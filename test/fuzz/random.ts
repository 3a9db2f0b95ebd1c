/** Numbers that look random and follow from a seed alone, so that any case can be made again. */

export interface Random {
  /** A whole number from 0, less than `limit`. */
  below(limit: number): number;
  /** True in `share` of the calls. */
  chance(share: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** From 1, and seldom much more. */
  few(): number;
}

/** `seed` is any text; sfc32, started from a hash of it. */
export function seededRandom(seed: string): Random {
  let [a, b, c, d] = [hash(seed, 1), hash(seed, 2), hash(seed, 3), 1];
  const next = () => {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round++) next();
  const random: Random = {
    below: (limit) => Math.floor(next() * limit),
    chance: (share) => next() < share,
    pick: (items) => items[random.below(items.length)]!,
    few() {
      let count = 1;
      while (count < 16 && next() < 0.5) count++;
      return count;
    },
  };
  return random;
}

/** FNV-1a, with its start moved by `salt`. */
function hash(text: string, salt: number): number {
  let value = 0x811c9dc5 ^ salt;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value | 0;
}
