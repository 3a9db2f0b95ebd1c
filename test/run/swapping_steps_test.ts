/** Steps that leave daemons which swap what they made for links to elsewhere, while it is collected. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { localEngine } from "../../src/engines/local_engine.ts";
import { collectOutputs } from "../../src/scheduler/collect_outputs.ts";
import type { PlannedStep } from "../../src/core/plan.ts";
import { openLocalArtifacts } from "../../src/tracker/local_artifacts.ts";
import { workingFolder } from "./run_project.ts";

const rounds = 1000;

/**
 * Ends once there is a daemon at work, in a group of its own, without any variable. In turn it puts in the place of an
 * output a link to `elsewhere`, in the place of a file in it a link, and one in the place of the folder of outputs.
 */
const swapper = `
my ($outputs, $elsewhere) = @ARGV;
my $made = "$outputs/made";
mkdir $made; open(my $f, ">", "$made/a") or die; print $f "mine"; close $f;
pipe(my $told, my $tell);
if (fork) { close $tell; sysread($told, my $byte, 1); exit 0; }
setpgrp(0, 0); %ENV = ();
open(STDIN, "<", "/dev/null"); open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null");
for (my $turn = 0;; $turn++) {
  syswrite($tell, "x") if $turn == 1;
  rename $made, "$outputs/real"; symlink $elsewhere, $made; unlink $made; rename "$outputs/real", $made;
  rename "$made/a", "$made/b"; symlink "$elsewhere/a", "$made/a"; unlink "$made/a"; rename "$made/b", "$made/a";
  rename $outputs, "$outputs.real"; symlink $elsewhere, $outputs; unlink $outputs; rename "$outputs.real", $outputs;
}
`;

const step = {
  name: "swapping",
  place: {},
  outputs: { made: { kind: "file" } },
} as unknown as PlannedStep;

/** Everything below a folder with its kind, size, rights and time of change. */
function pictureOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    const { mode, size, mtime, ino, nlink } = Deno.lstatSync(path);
    const own = JSON.stringify([path, mode, size, mtime?.getTime(), ino, nlink]);
    return isDirectory ? [own, ...pictureOf(path)] : [own];
  }).sort();
}

Deno.test(`${rounds} steps that swap folders and links while they are collected lead nowhere else`, async () => {
  await using folder = await workingFolder();
  const elsewhere = join(folder.path, "elsewhere");
  await Deno.mkdir(join(elsewhere, "made"), { recursive: true });
  for (const name of ["a", "made/a"]) await Deno.writeTextFile(join(elsewhere, name), "not yours");
  const before = pictureOf(elsewhere);
  const artifacts = openLocalArtifacts(folder.path);
  const counts = { taken: 0, refused: 0 };
  for (let round = 0; round < rounds; round++) {
    const attempt = join(folder.path, `attempt-${round}`);
    const [outputs, kept] = [join(attempt, "outputs"), join(attempt, "artifacts")];
    await Deno.mkdir(outputs, { recursive: true });
    await Deno.mkdir(kept);
    const exit = await localEngine.run({
      argv: ["perl", "-e", swapper, outputs, elsewhere],
      folder: attempt,
      variables: { PATH: "/usr/bin:/bin" },
      log: join(attempt, "log"),
      tellsSignals: false,
    }, { signal: new AbortController().signal, onLine: () => {} });
    assert.deepEqual(exit, { is: "exited", code: 0 });
    const collected = await collectOutputs(step, outputs, artifacts, kept);
    counts[collected.ok ? "taken" : "refused"]++;
    if (collected.ok) {
      assert.deepEqual(collected.value.kept["made"]!.files.map(({ sizeBytes }) => sizeBytes), [
        "mine".length,
      ]);
    } else assert.match(collected.failure.code, /^OUTPUT_(MISSING|INVALID)$/);
    await Deno.remove(attempt, { recursive: true });
  }
  // Caught in each of its turns: a test in which every round goes the same way would show nothing.
  assert.ok(counts.taken > 0 && counts.refused > 0, JSON.stringify(counts));
  assert.deepEqual(pictureOf(elsewhere), before);
});
