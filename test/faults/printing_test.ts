import assert from "node:assert/strict";
import { checkPrinting, printed } from "./printing.ts";

/** More than any pipe or buffer holds. */
const megabytes = 12;
/** Of the program that runs nothing else: what printing may add to it. */
const allowedBytes = 60e6;

for (const what of Object.keys(printed).filter((each) => each !== "empty lines")) {
  Deno.test(`a step that prints ${megabytes} MB, ${what}: its log is whole, and the run no larger`, async () => {
    const { peakBytes: little } = await checkPrinting({ what, megabytes: 1, flags: [] });
    const { peakBytes, stderr } = await checkPrinting({ what, megabytes, flags: [] });
    assert.ok(peakBytes < little + allowedBytes, `${little} bytes for 1 MB, ${peakBytes} for ${megabytes}`);
    assert.match(stderr, /printing: finished/);
  });
}

Deno.test("bytes that are not UTF-8 are shown as U+FFFD, by --verbose and in events, and no control character is", async () => {
  const { stderr } = await checkPrinting({ what: "any bytes", megabytes: 1, flags: ["--verbose"] });
  const { stdout } = await checkPrinting({ what: "any bytes", megabytes: 1, flags: ["--json"] });
  for (const said of [stderr, stdout]) {
    assert.ok(said.includes("\ufffd"));
    // deno-lint-ignore no-control-regex -- the control characters are what this is about
    assert.doesNotMatch(said, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
  for (const line of stdout.trimEnd().split("\n")) JSON.parse(line);
});
