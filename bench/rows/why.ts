/** Asking why a step would run, in a pipeline of a thousand steps that all ran. */
import { join } from "node:path";
import { generateCachedChain } from "../generate_pipeline.ts";
import { measure, measureInTurn } from "../measure.ts";
import { megabytes, type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

const limitMs = 300;
const steps = 1000;

export async function measureWhy({ root, deno, folder, variables, rounds }: Workplace): Promise<Row[]> {
  const project = await folder();
  const script = join(project, "copy.sh");
  await Deno.writeTextFile(join(project, "pipeline.ts"), generateCachedChain(steps));
  await Deno.writeTextFile(join(project, "start.txt"), "0\n");
  await Deno.writeTextFile(script, `echo "$2" > "$3"\n`);
  const own = { ...variables, XDG_CACHE_HOME: await folder() };
  const sluice = (...args: string[]) =>
    measure({
      argv: [deno, "run", "-A", join(root, "src/cli/main.ts"), ...args, "--sandbox", "off"],
      folder: project,
      variables: own,
    });
  await sluice("run", "--quiet");
  const last = `step-${steps - 1}`;
  const measured = await measureInTurn({
    "the last step, all cached": () => sluice("why", last),
    "the last step, the first one's parameter changed": () => sluice("why", last, "--first", "7"),
  }, rounds);
  await Deno.writeTextFile(script, `echo "$2" > "$3" # edited\n`);
  const edited = await measureInTurn({
    "the last step, the source of all edited": () => sluice("why", last),
    "the first step, the source of all edited": () => sluice("why", "step-0"),
  }, rounds);
  return Object.entries({ ...measured, ...edited }).map(([work, { wallMs, peakBytes }]) => ({
    work: `\`sluice why\` in a pipeline of ${steps} steps: ${work}`,
    must: `≤ ${limitMs} ms`,
    reached: `${seconds(wallMs)}, ${megabytes(peakBytes)}`,
    isReached: wallMs <= limitMs,
  }));
}
