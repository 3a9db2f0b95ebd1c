/** A cached step's outputs of 1 GB, found and restored into the folder of another run. */
import { join } from "node:path";
import { writeLargeFile } from "../large_file.ts";
import { measure, median } from "../measure.ts";
import { type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

const limitMs = 50;

/** In one file, in ten, and in ten thousand, which has no bound. */
export async function measureCacheRestore(workplace: Workplace): Promise<Row[]> {
  const rows: Row[] = [];
  for (
    const [files, sizeBytes, isBound] of [[1, 1e9, true], [10, 1e8, true], [10_000, 4096, false]] as const
  ) {
    const ms = await measureRestore(workplace, files, sizeBytes);
    const size = files === 1 ? "1 GB" : isBound ? `1 GB in ${files} files` : `${files} small files`;
    rows.push({
      work: `restore of a cached step's outputs, ${size}`,
      must: isBound ? `≤ ${limitMs} ms` : "–",
      reached: seconds(ms),
      isReached: !isBound || ms <= limitMs,
    });
  }
  return rows;
}

async function measureRestore(
  { root, deno, folder, variables, rounds }: Workplace,
  files: number,
  sizeBytes: number,
): Promise<number> {
  const [cache, run] = [await folder(), await folder()];
  const cached = async (work: "keep" | "restore", artifacts: string): Promise<number> => {
    const argv = [deno, "run", "-A", join(root, "bench/cached_outputs.ts"), work, cache, artifacts] as const;
    return JSON.parse((await measure({ argv, folder: run, variables })).stdout).ms;
  };
  const artifacts = join(run, "artifacts");
  await Deno.mkdir(join(artifacts, "out"), { recursive: true });
  for (let index = 0; index < files; index++) {
    await writeLargeFile(join(artifacts, "out", `${index}`), sizeBytes);
  }
  await cached("keep", artifacts);
  const all: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const again = join(run, `${round}`, "artifacts");
    await Deno.mkdir(again, { recursive: true });
    all.push(await cached("restore", again));
  }
  await Deno.remove(run, { recursive: true });
  return median(all);
}
