/** A large input: read for the first time, against openssl, and unchanged. */
import { join } from "node:path";
import { writeLargeFile } from "../large_file.ts";
import { measure, median } from "../measure.ts";
import { megabytes, type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

const sizeBytes = 1e9;
const leastRatio = 0.85;
const blockLimitMs = 50;
/** How much more memory the large file may take than one of a hundredth of its size. */
const flatBytes = 20e6;

/** What bench/hash_file.ts prints, and the peak of its process. */
interface Hashed {
  readonly ms: number;
  readonly longestBlockMs: number;
  readonly readBytes: number;
  readonly peakBytes: number;
}

/** The file is in the kernel's cache on both sides. */
export async function measureHashInput({ root, deno, folder, variables, rounds }: Workplace): Promise<Row[]> {
  const project = await folder();
  const [large, small] = [join(project, "large.bin"), join(project, "small.bin")];
  await writeLargeFile(large, sizeBytes);
  await writeLargeFile(small, sizeBytes / 100);
  // A file that was just written is not remembered.
  await new Promise((resolve) => setTimeout(resolve, 3500));
  const hash = async (path: string, cache: string): Promise<Hashed> => {
    const argv = [deno, "run", "-A", join(root, "bench/hash_file.ts"), cache, path] as const;
    const { peakBytes, stdout } = await measure({ argv, folder: project, variables });
    return { ...JSON.parse(stdout), peakBytes };
  };
  const openssl = () => measure({ argv: ["openssl", "dgst", "-sha256", large], folder: project, variables });

  await openssl();
  const all: { first: Hashed; again: Hashed; little: Hashed; opensslMs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const cache = await folder();
    all.push({
      opensslMs: (await openssl()).wallMs,
      first: await hash(large, cache),
      again: await hash(large, cache),
      little: await hash(small, await folder()),
    });
  }
  const of = (value: (each: typeof all[number]) => number) => median(all.map(value));
  const [ms, opensslMs] = [of((each) => each.first.ms), of((each) => each.opensslMs)];
  const ratio = opensslMs / ms;
  const [peak, littlePeak] = [of((each) => each.first.peakBytes), of((each) => each.little.peakBytes)];
  const block = Math.max(...all.map((each) => each.first.longestBlockMs));
  const readBytes = Math.max(...all.map((each) => each.again.readBytes));
  return [
    {
      work: "a 1 GB input, hashed the first time",
      must: `≥ ${leastRatio * 100}% of \`openssl dgst -sha256\``,
      reached: `${seconds(ms)} against ${seconds(opensslMs)}: ${Math.round(ratio * 100)}%`,
      isReached: ratio >= leastRatio,
    },
    {
      work: "its peak memory",
      must: `≤ ${megabytes(flatBytes)} over that of a 10 MB input`,
      reached: `${megabytes(peak)} against ${megabytes(littlePeak)}`,
      isReached: peak - littlePeak <= flatBytes,
    },
    {
      work: "the longest that events wait meanwhile",
      must: `≤ ${blockLimitMs} ms`,
      reached: `${Math.round(block)} ms`,
      isReached: block <= blockLimitMs,
    },
    {
      work: "the same input, unchanged",
      must: "by stat only",
      reached: `${seconds(of((each) => each.again.ms))}, ${Math.round(readBytes / 1000)} kB read`,
      isReached: readBytes < 1e6,
    },
  ];
}
