/** What a reader is given: text, bytes or words; how one is changed, made smaller and shown. */
import { mutateBytes } from "./mutate_bytes.ts";
import { mutateJson, mutateJsonLines } from "./mutate_json.ts";
import { mutateText, type Pool, wordsOf } from "./mutate_text.ts";
import { type Random, seededRandom } from "./random.ts";

export type Input = string | Uint8Array | readonly string[];

/** Inputs by their number: first the samples as they are, then what is made of them; the same ones for the same seed. */
export function openInputs<I extends Input>(samples: readonly I[], seed: string): (number: number) => I {
  const mutate = openMutator(samples);
  return (number) => samples[number] ?? mutate(seededRandom(`${seed} ${number}`));
}

function openMutator<I extends Input>(samples: readonly I[]): (random: Random) => I {
  const bytes = samples.filter((sample) => sample instanceof Uint8Array);
  const texts = samples.flatMap((sample) =>
    typeof sample === "string" ? [sample] : isWords(sample) ? sample : []
  );
  const pool: Pool = { samples: texts.length === 0 ? [""] : texts, words: wordsOf(texts) };
  return (random) => mutate(random.pick(samples), random) as I;

  function mutate(sample: Input, random: Random): Input {
    if (sample instanceof Uint8Array) return mutateBytes(sample, random, bytes);
    return typeof sample === "string" ? mutateOne(sample, random, pool) : mutateWords(sample, random, pool);
  }
}

const isWords = (input: Input): input is readonly string[] => Array.isArray(input);

/** By its structure where it has one, by its characters, or by both. */
function mutateOne(text: string, random: Random, pool: Pool): string {
  if (random.chance(0.5)) return mutateText(text, random, pool);
  const structured = mutateJson(text, random) ?? mutateJsonLines(text, random);
  if (structured === undefined) return mutateText(text, random, pool);
  return random.chance(0.2) ? mutateText(structured, random, pool) : structured;
}

function mutateWords(sample: readonly string[], random: Random, pool: Pool): readonly string[] {
  const words = [...sample];
  for (let round = random.few(); round > 0; round--) {
    const at = random.below(words.length + 1);
    const word = words[at];
    switch (random.below(10)) {
      case 0:
        words.splice(at, 1);
        break;
      case 1:
        words.splice(at, 0, random.pick(pool.samples));
        break;
      case 2:
        words.splice(at, 0, random.pick(words.length === 0 ? pool.samples : words));
        break;
      case 3:
        words.splice(at, 2, `${word ?? ""}=${words[at + 1] ?? ""}`);
        break;
      case 4:
        words.splice(at, 1, ...(word ?? "").split(random.pick(["=", ".", "-", " "])));
        break;
      case 5:
        words.splice(random.below(words.length + 1), 0, ...words.splice(at, 1));
        break;
      case 6:
        if (random.chance(0.02)) words.push(...Array.from({ length: 2000 }, () => word ?? "x"));
        break;
      default:
        if (word !== undefined) words[at] = mutateOne(word, random, pool);
    }
  }
  return words;
}

/** Takes away what is not needed for `isStill`, until nothing more can be or `isOver`. */
export async function minimise<I extends Input>(
  input: I,
  isStill: (input: I) => Promise<boolean>,
  isOver: () => boolean,
): Promise<I> {
  let small: Input = await withoutParts(input, (part) => isStill(part as I), isOver);
  if (!isWords(small)) return small as I;
  for (let at = 0; at < small.length && !isOver(); at++) {
    const words: readonly string[] = small;
    small = words.with(
      at,
      await withoutParts(
        words[at]!,
        (word) => isStill(words.with(at, word) as readonly string[] as I),
        isOver,
      ),
    );
  }
  return small as I;
}

async function withoutParts<I extends Input>(
  input: I,
  isStill: (input: I) => Promise<boolean>,
  isOver: () => boolean,
): Promise<I> {
  let small = input;
  for (let size = Math.max(1, Math.ceil(small.length / 2)); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < small.length && !isOver();) {
      const shorter = without(small, at, at + size);
      if (await isStill(shorter)) small = shorter;
      else at += size;
    }
  }
  return small;
}

function without<I extends Input>(input: I, start: number, end: number): I {
  if (typeof input === "string") return input.slice(0, start) + input.slice(end) as I;
  if (input instanceof Uint8Array) {
    const rest = new Uint8Array(input.length - (Math.min(end, input.length) - start));
    rest.set(input.subarray(0, start));
    rest.set(input.subarray(end), start);
    return rest as I;
  }
  return [...input.slice(0, start), ...input.slice(end)] as readonly string[] as I;
}

/** In one line, as an expression of TypeScript; the middle of a long one is left out. */
export function showInput(input: Input, most = 400): string {
  const text = input instanceof Uint8Array
    ? `Uint8Array.fromHex("${input.subarray(0, most).toHex()}")`
    : JSON.stringify(input);
  if (text.length <= most) return text;
  const half = most / 2;
  return `${text.slice(0, half)} … ${text.slice(-half)} (${input.length} ${
    typeof input === "string" ? "characters" : isWords(input) ? "words" : "bytes"
  })`;
}
