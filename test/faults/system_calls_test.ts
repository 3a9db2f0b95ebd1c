import assert from "node:assert/strict";
import { realTest } from "../real_part.ts";
import { makeBed } from "./fault_bed.ts";
import { faultsOf, sampleOf } from "./fault_calls.ts";
import { readOriginals } from "./judge_fault.ts";
import { openRandom } from "./random.ts";
import { describeTried, tally, type Tried, tryFault } from "./try_fault.ts";

/** Of each of the two; `test/long/each_system_call_test.ts` takes every call. */
const cases = 12;
const seed = 11;

for (const [what, isFirst] of [["first run", true], ["run of a changed project", false]] as const) {
  realTest(
    ["strace", "bubblewrap"],
    `a ${what} says what failed when the kernel refuses a call, spoils nothing, and the next one goes on`,
    async () => {
      const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-faults-" }));
      const bed = await makeBed(root, isFirst);
      const before = readOriginals(bed);
      const tried: Tried[] = [];
      for (const fault of sampleOf(faultsOf(await bed.trace()), cases, openRandom(seed))) {
        tried.push(await tryFault(bed, before, fault));
      }
      assert.deepEqual(tried.filter(({ flaws }) => flaws.length > 0).map(describeTried), []);
      const { refused, tolerated } = tally(tried);
      assert.ok(refused > 0 && tolerated > 0, JSON.stringify(tally(tried)));
      await Deno.remove(root, { recursive: true });
    },
  );
}
