/** Texts that are nearly what a reader expects. */
import { nastyNames, nastyNumbers, nastyTexts } from "./nasty.ts";
import type { Random } from "./random.ts";

/** What a mutation may take from: whole samples, and the words they are made of. */
export interface Pool {
  readonly samples: readonly string[];
  readonly words: readonly string[];
}

/** The words, numbers and signs of the samples. */
export function wordsOf(samples: readonly string[]): readonly string[] {
  const words = new Set<string>();
  for (const sample of samples) {
    for (const [word] of sample.slice(0, 20_000).matchAll(/[\p{L}\d_]+|[^\s\p{L}\d_]{1,2}|\s/gu)) {
      if (words.size < 500) words.add(word);
    }
  }
  return words.size === 0 ? ["x"] : [...words];
}

/** One in so many mutations makes something huge. */
const hugeShare = 0.004;
const longest = 1 << 18;

type Mutation = (text: string, random: Random, pool: Pool) => string;

const between = (text: string, start: number, end: number, middle: string) =>
  text.slice(0, start) + middle + text.slice(end);

/** Start and end of a piece, mostly a short one. */
function piece(text: string, random: Random): readonly [start: number, end: number] {
  const start = random.below(text.length + 1);
  const most = random.chance(0.8) ? 12 : text.length;
  return [start, Math.min(text.length, start + random.below(most + 1))];
}

const insert = (text: string, random: Random, what: string) => {
  const at = random.below(text.length + 1);
  return between(text, at, at, what);
};

/** Replaces one match of `pattern`, where there is any. */
function replaceOne(text: string, random: Random, pattern: RegExp, by: () => string): string {
  const found = [...text.slice(0, 20_000).matchAll(pattern)];
  if (found.length === 0) return insert(text, random, by());
  const { 0: match, index } = random.pick(found);
  return between(text, index, index + match.length, by());
}

const mutations: readonly Mutation[] = [
  (text, random) => {
    const at = random.below(text.length + 1);
    const code = random.chance(0.7) ? random.below(128) : random.below(65536);
    return between(text, at, at + 1, String.fromCharCode(code));
  },
  (text, random) => between(text, ...piece(text, random), ""),
  (text, random) => {
    const [start, end] = piece(text, random);
    return insert(text, random, text.slice(start, end));
  },
  (text, random) => text.slice(0, random.below(text.length + 1)),
  (text, random) => text.slice(random.below(text.length + 1)),
  (text, random) => insert(text, random, random.pick(nastyTexts)),
  (text, random) => between(text, ...piece(text, random), random.pick(nastyTexts)),
  (text, random, { words }) => insert(text, random, random.pick(words)),
  (text, random, { words }) => between(text, ...piece(text, random), random.pick(words)),
  (text, random, { words }) => replaceOne(text, random, /[\p{L}_][\p{L}\d_]*/gu, () => random.pick(words)),
  (text, random) => replaceOne(text, random, /[\p{L}_][\p{L}\d_]*/gu, () => random.pick(nastyNames)),
  (text, random) => replaceOne(text, random, /-?\d[\d.]*/g, () => random.pick(nastyNumbers)),
  (text, random) => replaceOne(text, random, /[^\s\w]/g, () => random.pick(nastyTexts)),
  (text, random, { samples }) => {
    const other = random.pick(samples);
    return text.slice(0, random.below(text.length + 1)) + other.slice(random.below(other.length + 1));
  },
  (text, random) => {
    const [start, end] = piece(text, random);
    return between(text, start, end, text.slice(start, end).repeat(1 + random.below(8)));
  },
  (text, random) => {
    const lines = text.split("\n");
    const [from, to] = [random.below(lines.length), random.below(lines.length)];
    lines.splice(to, 0, ...lines.splice(from, 1));
    return lines.join("\n");
  },
  (text, random) =>
    random.chance(0.5) ? text.toUpperCase() : text.replaceAll("\n", random.pick(["", " ", "\r\n"])),
];

const brackets = [
  "[]",
  "{}",
  "()",
  '[""]',
  "''",
  '{"a":}',
  "- ",
  "a: ",
  " ",
  "\\",
  "%25",
  "../",
  "-",
  "9",
  ".",
  "a",
  "a.",
  "*a",
  "%a",
];

/** Very long, or very deep. */
const huge: readonly Mutation[] = [
  (text, random, { words }) => {
    const unit = random.pick([...words, ...nastyTexts, ...brackets]);
    const run = unit.repeat(Math.ceil(sizeOf(random) / Math.max(1, unit.length)));
    return insert(
      text,
      random,
      random.chance(0.5) ? run : `${run}${random.pick(["!", "x", "\n", "\0", "'"])}`,
    );
  },
  (text, random) => {
    const pair = random.pick(brackets);
    const half = Math.ceil(pair.length / 2);
    const depth = Math.ceil(sizeOf(random) / pair.length);
    const closed = random.chance(0.5) ? pair.slice(half).repeat(depth) : "";
    const [start, end] = piece(text, random);
    return between(text, start, end, pair.slice(0, half).repeat(depth) + text.slice(start, end) + closed);
  },
  (text, random) => text.repeat(Math.min(2000, Math.ceil(sizeOf(random) / Math.max(1, text.length)))),
  (text, random) => {
    const [start, end] = piece(text, random);
    const unit = text.slice(start, end) || "x";
    return between(text, start, end, unit.repeat(Math.ceil(sizeOf(random) / unit.length)));
  },
];

const sizeOf = (random: Random): number => 2 ** (8 + random.below(11));

/** A sample, changed once or a few times. At most 256 Ki characters, but for a sample that is longer. */
export function mutateText(sample: string, random: Random, pool: Pool): string {
  let text = sample;
  for (let round = random.few(); round > 0; round--) {
    const mutation = random.chance(hugeShare) ? random.pick(huge) : random.pick(mutations);
    text = mutation(text, random, pool);
    if (text.length > longest) text = text.slice(0, longest);
  }
  return text;
}
