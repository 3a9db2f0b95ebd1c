/** kill -9 of the program that runs a pipeline, everywhere: the long form of `test/faults/kill/kill_test.ts`. */
import assert from "node:assert/strict";
import {
  describeTally,
  killAgainAndAgain,
  killAtCalls,
  killAtMoments,
  type Tally,
} from "../faults/kill/try_kills.ts";
import { realTest } from "../real_part.ts";

function check(what: string, tally: Tally): void {
  console.log(`${what}: ${describeTally(tally)}`);
  assert.deepEqual(tally.flaws, []);
}

for (const sandbox of ["require", "off"] as const) {
  realTest(
    ["strace", "bubblewrap"],
    `after kill -9 at every call that changes a file the plain command goes on, sandbox=${sandbox}`,
    async () => check(sandbox, await killAtCalls({ pipeline: "small", sandbox })),
  );
}

for (const [sandbox, count, seed] of [["require", 150, 1], ["off", 50, 2]] as const) {
  realTest(
    ["bubblewrap"],
    `after kill -9 at ${count} random moments of a run of 241 steps the plain command goes on, sandbox=${sandbox}`,
    async () => check(`seed ${seed}`, await killAtMoments({ pipeline: "large", sandbox }, count, seed)),
  );
}

realTest(["bubblewrap"], "after 60 killed runs of one project the next mends all and finishes", async () => {
  assert.deepEqual(await killAgainAndAgain({ pipeline: "small", sandbox: "require" }, 60), []);
});
