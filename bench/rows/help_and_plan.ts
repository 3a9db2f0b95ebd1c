/** What a user waits for before anything runs. */
import { join } from "node:path";
import { measure, measureInTurn } from "../measure.ts";
import { megabytes, type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

const limitMs = 150;

export async function measureHelpAndPlan(
  { root, deno, folder, variables, rounds }: Workplace,
): Promise<Row[]> {
  const project = await folder();
  const iris = join(root, "pipelines/iris/pipeline.ts");
  const of = (...args: string[]) => () =>
    measure({ argv: [deno, "run", "-A", ...args], folder: project, variables });
  const summaries = await measureInTurn({
    "`--help` of the iris pipeline": of(iris, "--help"),
    "`sluice plan` of the iris pipeline": of(join(root, "src/cli/main.ts"), "plan", iris),
  }, rounds);
  return Object.entries(summaries).map(([work, { wallMs, peakBytes }]) => ({
    work,
    must: `≤ ${limitMs} ms`,
    reached: `${seconds(wallMs)}, ${megabytes(peakBytes)}`,
    isReached: wallMs <= limitMs,
  }));
}
