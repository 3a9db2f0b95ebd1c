/** Outputs of very many folders, and of very deep ones. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { removeTree } from "../../src/core/remove_tree.ts";
import type { Event, StepReport } from "../../src/core/event.ts";
import { type Finished, memoryFolder, readRuns, runSluice, workingFolder } from "../run/run_project.ts";

/** Runs a step of one Perl script, whose argument is where its output is to be. */
function runPerl(script: string, folder: string): Promise<Finished> {
  const text = `import { file, host, pipeline, sh, step } from "sluice";
const hostile = step("hostile", {
  env: host(),
  cache: true,
  sources: [],
  outputs: { made: file() },
  command: ({ outputs }) => sh\`perl -e \${${JSON.stringify(script)}} \${outputs.made}\`,
});
export default pipeline("hostile", {}, () => hostile({}));
`;
  Deno.writeTextFileSync(join(folder, "pipeline.ts"), text);
  return runSluice(["run", "pipeline.ts", "--json"], folder);
}

const reportOf = (events: readonly Event[]): StepReport =>
  events.find((event): event is Event & { is: "step-ended" } & StepReport => event.is === "step-ended")!;

const nested = (count: number, name: string) =>
  `mkdir $ARGV[0]; chdir $ARGV[0]; for (1..${count}) { mkdir "${name}" or die $!; chdir "${name}" or die $! }`;
const wide = (script: string) => `mkdir $ARGV[0]; chdir $ARGV[0]; ${script}`;

/** Refused, as no path leads to all of them; nothing of them is left. */
export const refused: Readonly<Record<string, (count: number) => string>> = {
  "in each other": (count) => nested(count, "d"),
  "of long names in each other": (count) => nested(Math.min(count, 1000), "x".repeat(200)),
};

/** Taken, kept, and made again. */
export const taken: Readonly<Record<string, (count: number) => string>> = {
  "beside each other": (count) => wide(`mkdir $_ for 1..${count}`),
  "in a tree": (count) =>
    wide(
      `for $a (1..10) { mkdir $a; for $b (1..100) { mkdir "$a/$b"; mkdir "$a/$b/$_" for 1..${
        count / 1000
      } } }`,
    ),
  "with a file each": (count) =>
    wide(`for (1..${count}) { mkdir $_; open F, ">", "$_/f"; print F $_ % 7; close F }`),
  "in each other, as far as paths go": () => nested(1500, "d"),
};

export async function checkRefused(script: string): Promise<void> {
  await using folder = await workingFolder(memoryFolder);
  const { code, events, stderr } = await runPerl(script, folder.path);
  assert.equal(code, 1, stderr);
  const { outcome } = reportOf(events);
  assert.ok(outcome.is === "failed");
  assert.equal(outcome.failure.code, "OUTPUT_INVALID");
  assert.match(outcome.failure.message, /cannot be read: File name too long/);
  assert.deepEqual([...Deno.readDirSync(join(folder.path, ".sluice/steps"))], []);
  assert.deepEqual(readRuns(folder.path).map(({ status }) => status), ["FAILED", "FAILED"]);
}

/** How long it took to run the step, to find its output in place, and to make that again, in milliseconds. */
export async function checkTaken(script: string): Promise<readonly number[]> {
  await using folder = await workingFolder(memoryFolder);
  const tookMs: number[] = [];
  const digests = new Set<string>();
  for (const expected of ["finished", "cached", "cached"]) {
    const startedAt = performance.now();
    const { code, events, stderr } = await runPerl(script, folder.path);
    tookMs.push(Math.round(performance.now() - startedAt));
    assert.equal(code, 0, stderr);
    assert.deepEqual(events.filter((event) => event.is === "warning"), []);
    const { outcome, outputs } = reportOf(events);
    assert.equal(outcome.is, expected);
    digests.add(outputs["made"]!.digest);
    if (tookMs.length === 2) await removeTree(join(folder.path, "mlruns"));
  }
  assert.equal(digests.size, 1);
  return tookMs;
}
