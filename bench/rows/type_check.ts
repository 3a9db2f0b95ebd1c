/** What an editor or `deno check` waits for in a large pipeline. */
import { join } from "node:path";
import { generatePipeline } from "../generate_pipeline.ts";
import { measure, measureInTurn } from "../measure.ts";
import { megabytes, type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

const limitMs = 2000;
const stepCount = 200;

/** Each measurement checks a changed file, as after an edit. */
export async function measureTypeCheck({ root, deno, folder, variables, rounds }: Workplace): Promise<Row[]> {
  const file = join(await folder(), "pipeline.ts");
  let salt = 0;
  const argv = [deno, "check", `--config=${root}deno.json`, file] as const;
  const { check } = await measureInTurn({
    async check() {
      await Deno.writeTextFile(file, generatePipeline(stepCount, salt++));
      return await measure({ argv, folder: join(file, ".."), variables });
    },
  }, Math.min(rounds, 5));
  return [{
    work: `type-check of a pipeline of ${stepCount} steps`,
    must: `≤ ${seconds(limitMs)}`,
    reached: `${seconds(check.wallMs)}, ${megabytes(check.peakBytes)}`,
    isReached: check.wallMs <= limitMs,
  }];
}
