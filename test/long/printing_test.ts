import assert from "node:assert/strict";
import { checkPrinting, printed } from "../faults/printing.ts";

const megabytes = 100;
/** As in the short form: more printing adds nothing more. */
const allowedBytes = 60e6;

for (const what of Object.keys(printed)) {
  for (const flags of [[], ["--verbose"], ["--json"]]) {
    // A hundred million lines are told of one by one.
    if (what === "empty lines" && flags.length > 0) continue;
    const name = `${megabytes} MB, ${what}${flags.length === 0 ? "" : `, with ${flags}`}`;
    Deno.test(`a step that prints ${name}: its log is whole, and the run no larger`, async () => {
      const { peakBytes: little } = await checkPrinting({ what, megabytes: 1, flags: [] });
      const { peakBytes, tookMs } = await checkPrinting({ what, megabytes, flags });
      console.log(`${name}: ${Math.round(peakBytes / 1e6)} MB at most, ${Math.round(tookMs)} ms`);
      assert.ok(peakBytes < little + allowedBytes, `${little} bytes for 1 MB, ${peakBytes} for ${megabytes}`);
    });
  }
}
