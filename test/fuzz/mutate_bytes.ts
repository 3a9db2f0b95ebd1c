/** Files that are nearly of their format. */
import type { Random } from "./random.ts";

const longest = 1 << 19;

type Mutation = (bytes: Uint8Array, random: Random, samples: readonly Uint8Array[]) => Uint8Array;

const mutations: readonly Mutation[] = [
  (bytes, random) =>
    changed(bytes, random, 1, (view, at) => view.setUint8(at, view.getUint8(at) ^ 1 << random.below(8))),
  (bytes, random) => changed(bytes, random, 1, (view, at) => view.setUint8(at, random.below(256))),
  (bytes, random) =>
    changed(bytes, random, 1, (view, at) => view.setUint8(at, random.pick([0, 1, 127, 128, 255]))),
  (bytes, random) =>
    changed(
      bytes,
      random,
      2,
      (view, at) => view.setUint16(at, random.pick(numbers(bytes)), random.chance(0.8)),
    ),
  (bytes, random) =>
    changed(
      bytes,
      random,
      4,
      (view, at) => view.setUint32(at, random.pick(numbers(bytes)), random.chance(0.8)),
    ),
  (bytes, random) =>
    changed(
      bytes,
      random,
      8,
      (view, at) =>
        view.setBigUint64(at, BigInt.asUintN(64, BigInt(random.pick(numbers(bytes)))), random.chance(0.8)),
    ),
  (bytes, random) =>
    changed(
      bytes,
      random,
      4,
      (view, at) => view.setInt32(at, view.getInt32(at, true) + random.below(9) - 4, true),
    ),
  (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)),
  (bytes, random) => bytes.slice(random.below(bytes.length + 1)),
  (bytes, random) => {
    const [start, end] = piece(bytes, random);
    return joined(bytes.subarray(0, start), bytes.subarray(end));
  },
  (bytes, random) => {
    const [start, end] = piece(bytes, random);
    const at = random.below(bytes.length + 1);
    return joined(bytes.subarray(0, at), bytes.subarray(start, end), bytes.subarray(at));
  },
  (bytes, random) => {
    const [start, end] = piece(bytes, random);
    const times = random.chance(0.02) ? 2 ** random.below(15) : random.below(4);
    const part = bytes.subarray(start, end);
    return joined(
      bytes.subarray(0, start),
      ...Array.from({ length: times }, () => part),
      bytes.subarray(end),
    );
  },
  (bytes, random) => {
    const at = random.below(bytes.length + 1);
    const filler = new Uint8Array(random.chance(0.05) ? 2 ** random.below(18) : random.below(16));
    filler.fill(random.pick([0, 32, 48, 91, 255]));
    return joined(bytes.subarray(0, at), filler, bytes.subarray(at));
  },
  (bytes, random, samples) => {
    const other = random.pick(samples);
    return joined(
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length + 1)),
    );
  },
];

/** Sizes and offsets that are just not right. */
const numbers = ({ length }: Uint8Array): readonly number[] => [
  0,
  1,
  2,
  length - 1,
  length,
  length + 1,
  2 * length,
  255,
  256,
  65535,
  65536,
  0x7fffffff,
  0x80000000,
  0xffffffff,
  -1,
  2 ** 52,
];

function piece(bytes: Uint8Array, random: Random): readonly [start: number, end: number] {
  const start = random.below(bytes.length + 1);
  const most = random.chance(0.8) ? 16 : bytes.length;
  return [start, Math.min(bytes.length, start + random.below(most + 1))];
}

function changed(
  bytes: Uint8Array,
  random: Random,
  width: number,
  change: (view: DataView, at: number) => void,
): Uint8Array {
  const copy = bytes.slice();
  if (copy.length >= width) change(new DataView(copy.buffer), random.below(copy.length - width + 1));
  return copy;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(Math.min(longest, parts.reduce((sum, part) => sum + part.length, 0)));
  let at = 0;
  for (const part of parts) {
    const fitting = part.subarray(0, whole.length - at);
    whole.set(fitting, at);
    at += fitting.length;
  }
  return whole;
}

/** A sample, changed once or a few times; at most 512 KiB. */
export function mutateBytes(sample: Uint8Array, random: Random, samples: readonly Uint8Array[]): Uint8Array {
  let bytes = sample;
  for (let round = random.few(); round > 0; round--) bytes = random.pick(mutations)(bytes, random, samples);
  return bytes;
}
