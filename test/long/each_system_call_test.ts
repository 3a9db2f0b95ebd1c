/**
 * Each system call of a run by which it reads or changes anything fails once, with one of the errors that the kernel may
 * answer: the long form of `test/faults/system_calls_test.ts`. `FAULT_CASES` says how many at most, by chance, and
 * `FAULT_SEED` which.
 */
import assert from "node:assert/strict";
import { makeBed } from "../faults/fault_bed.ts";
import { type Fault, faultsOf, oneOfEachCall } from "../faults/fault_calls.ts";
import { readOriginals } from "../faults/judge_fault.ts";
import { openRandom, type Random } from "../faults/random.ts";
import { describeTried, tally, type Tried, tryFault } from "../faults/try_fault.ts";
import { realTest } from "../real_part.ts";

const most = Number(Deno.env.get("FAULT_CASES") ?? Infinity);
const seed = Number(Deno.env.get("FAULT_SEED") ?? 11);

for (const [what, isFirst] of [["first run", true], ["run of a changed project", false]] as const) {
  realTest(
    ["strace", "bubblewrap"],
    `whichever system call of a ${what} fails, it says what and spoils nothing, and the next run goes on`,
    async () => {
      const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-faults-" }));
      const bed = await makeBed(root, isFirst);
      const before = readOriginals(bed);
      const random = openRandom(seed);
      const faults = chosen(oneOfEachCall(faultsOf(await bed.trace()), random), random);
      const tried: Tried[] = [];
      for (const fault of faults) tried.push(await tryFault(bed, before, fault));
      console.log(`${what}: ${tried.length} cases, ${JSON.stringify(tally(tried))}`);
      assert.deepEqual(tried.filter(({ flaws }) => flaws.length > 0).map(describeTried), []);
      await Deno.remove(root, { recursive: true });
    },
  );
}

function chosen(faults: readonly Fault[], random: Random): readonly Fault[] {
  const left = [...faults];
  while (left.length > most) left.splice(random.below(left.length), 1);
  return left;
}
