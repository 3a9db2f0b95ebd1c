import assert from "node:assert/strict";
import fc from "fast-check";
import { displayWidth, fitWidth } from "./display_width.ts";
import { failureLines } from "./failure_text.ts";
import { formatDuration, formatMetric, formatSize, parseDuration, parseSize } from "./human_units.ts";
import { choosePaint, noPaint } from "./paint.ts";
import { safeLine, safeText } from "./safe_text.ts";
import { tableLines } from "./table.ts";

for (
  const [ms, text] of [
    [0, "0 ms"],
    [48.4, "48 ms"],
    [999, "999 ms"],
    [999.6, "1.0 s"],
    [1234, "1.2 s"],
    [59_949, "59.9 s"],
    [59_960, "1 m 00 s"],
    [184_000, "3 m 04 s"],
    [3_599_900, "1 h 00 m"],
    [7_500_000, "2 h 05 m"],
    [273_600_000, "3 d 04 h"],
    [-5, "0 ms"],
  ] as const
) {
  Deno.test(`formatDuration(${ms}) is ${text}`, () => assert.equal(formatDuration(ms), text));
}

for (
  const [bytes, text] of [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [99_950, "100 kB"],
    [340_000, "340 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [1.2e9, "1.2 GB"],
  ] as const
) {
  Deno.test(`formatSize(${bytes}) is ${text}`, () => assert.equal(formatSize(bytes), text));
}

for (
  const [value, text] of [
    [0.123456789, "0.12346"],
    [3, "3"],
    [-0, "0"],
    [1e-9, "1e-9"],
    [336776, "336776"],
    [NaN, "NaN"],
    [-Infinity, "-Infinity"],
  ] as const
) {
  Deno.test(`formatMetric(${value}) is ${text}`, () => assert.equal(formatMetric(value), text));
}

for (
  const [text, ms] of [
    ["30d", 30 * 86_400_000],
    ["12 h", 12 * 3_600_000],
    ["1.5m", 90_000],
    ["10", undefined],
    ["d", undefined],
    ["-1d", undefined],
    ["1y", undefined],
  ] as const
) {
  Deno.test(`parseDuration(${JSON.stringify(text)}) is ${ms}`, () => assert.equal(parseDuration(text), ms));
}

for (
  const [text, bytes] of [
    ["50GB", 50e9],
    ["1.5 TiB", 1.5 * 2 ** 40],
    ["300 kB", 300e3],
    ["0B", 0],
    ["7mib", 7 * 2 ** 20],
    ["50", undefined],
    ["50G", undefined],
    ["-1GB", undefined],
    ["iB", undefined],
  ] as const
) {
  Deno.test(`parseSize(${JSON.stringify(text)}) is ${bytes}`, () => assert.equal(parseSize(text), bytes));
}

for (
  const [text, shown] of [
    ["plain", "plain"],
    ["a\nb\tc\r", "a\\nb\\tc\\r"],
    ["\u001b[2J", "\\x1b[2J"],
    ["\u009b31m", "\\x9b31m"],
    ["abc\u202edcba", "abc\\u{202e}dcba"],
    ["\0\u007f", "\\x00\\x7f"],
    ["東京 🍷 é", "東京 🍷 é"],
  ] as const
) {
  Deno.test(`safeText(${JSON.stringify(text)}) is ${JSON.stringify(shown)}`, () =>
    assert.equal(safeText(text), shown));
}

Deno.test("safeLine() drops colours, spreads tabs and keeps what a carriage return left", () => {
  assert.equal(safeLine("\u001b[1;31mred\u001b[0m\tx"), "red    x");
  assert.equal(safeLine(" 10 %\r 20 %\r100 %\r"), "100 %");
  assert.equal(safeLine("\u001b]8;;http://x\u0007"), "\\x1b]8;;http://x\\x07");
});

Deno.test("safeText() and safeLine() let no control character through", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    for (const shown of [safeText(text), safeLine(text)]) {
      // deno-lint-ignore no-control-regex -- what must not be there
      assert.doesNotMatch(shown, /[\u0000-\u001f\u007f-\u009f]/);
    }
  }));
});

for (
  const [text, width] of [["abc", 3], ["東京", 4], ["e\u0301", 1], ["🍷", 2], ["👩‍👩‍👧", 2], ["", 0]] as const
) {
  Deno.test(`displayWidth(${text}) is ${width}`, () => assert.equal(displayWidth(text), width));
}

Deno.test("fitWidth() never gives more cells than asked for", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, width) => {
    assert.ok(displayWidth(fitWidth(safeText(text), width)) <= width);
  }));
});

Deno.test("tableLines() aligns wide characters, leaves empty columns out and makes cells harmless", () => {
  assert.deepEqual(
    tableLines(["name", "note", "n"], [["東京", "", "1"], ["a\nb\u001b[2J", "", "10"]], { right: [2] }),
    ["name          n", "東京          1", "a\\nb\\x1b[2J  10"],
  );
});

Deno.test("tableLines() takes from the widest column when there is no room", () => {
  const lines = tableLines(["a", "b"], [["short", "x".repeat(100)]], { columns: 30 });
  assert.deepEqual(lines, ["a      b", `short  ${"x".repeat(22)}…`]);
});

Deno.test("failureLines() shows code, place, details, further lines and hint", () => {
  const lines = failureLines(
    {
      code: "PARAM_OUT_OF_RANGE",
      message: "Cannot run `train` with alpha 7 as alpha must be <= 1",
      at: { file: "pipeline.ts", within: ["params.alpha"] },
      details: "one\ntwo\n",
      hint: "Pass `--alpha` a number from 0 to 1",
    },
    noPaint,
    ["", "further"],
  );
  assert.deepEqual(lines, [
    "error[PARAM_OUT_OF_RANGE]: Cannot run `train` with alpha 7 as alpha must be <= 1",
    "  --> pipeline.ts: params.alpha",
    "",
    "  one",
    "  two",
    "",
    "further",
    "",
    "hint: Pass `--alpha` a number from 0 to 1",
  ]);
});

for (
  const [choice, isTerminal, variables, isColoured] of [
    ["auto", true, {}, true],
    ["auto", false, {}, false],
    ["auto", true, { NO_COLOR: "1" }, false],
    ["auto", true, { NO_COLOR: "" }, true],
    ["auto", true, { TERM: "dumb" }, false],
    ["always", false, { NO_COLOR: "1" }, true],
    ["never", true, {}, false],
  ] as const
) {
  const setting = `${choice}, ${isTerminal ? "terminal" : "no terminal"}, ${JSON.stringify(variables)}`;
  Deno.test(`choosePaint() with ${setting} ${isColoured ? "colours" : "does not"}`, () => {
    const paint = choosePaint(choice, isTerminal, (name) => (variables as Record<string, string>)[name]);
    assert.equal(paint("red", "x"), isColoured ? "\u001b[31mx\u001b[0m" : "x");
  });
}
