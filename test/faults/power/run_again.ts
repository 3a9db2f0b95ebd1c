/** The whole program, started again on what a power loss left. */
import { fileURLToPath } from "node:url";
import { digestsByKey, type Recording, runArguments, runEnvironment, saidIn } from "./recording.ts";

const source = fileURLToPath(new URL("../../../", import.meta.url));

/** Runs the first of the recorded runs on a tree that was placed; what is wrong with how it ends. */
export async function runAgain(recording: Recording, restorable: ReadonlySet<string>): Promise<string[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: runArguments(source, []),
    cwd: recording.project,
    clearEnv: true,
    env: runEnvironment(recording.cache),
    stdin: "null",
  }).output();
  const [text, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (code !== 0) return [`the next run ends with ${code}: ${errors!.slice(0, 300)}`];
  const digests = digestsByKey(recording.steps);
  return saidIn(text!).flatMap((event): string[] => {
    if (event.is !== "step-ended") return [];
    const expected = digests.get(event.key!);
    const faults = Object.entries(event.outputs).filter(([name, { digest }]) => expected?.[name] !== digest)
      .map(([name]) => `the next run makes another ${name} of step ${event.step}`);
    if (event.step !== "report" && restorable.has(event.key!) && event.outcome.is !== "cached") {
      faults.push(`the next run runs step ${event.step} again, whose result is kept`);
    }
    return faults;
  });
}
