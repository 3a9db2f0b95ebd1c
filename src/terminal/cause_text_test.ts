import assert from "node:assert/strict";
import type { Cause } from "../core/cause.ts";
import { causeLines, causesText, causeText, executedLines, forecastText } from "./cause_text.ts";
import { noPaint } from "./paint.ts";
import { whyLines } from "./why_text.ts";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const content = (digit: string, name = "a.csv") => ({ is: "content" as const, digest: digest(digit), name });
const source = { is: "source", path: "src/a.py", old: digest("1"), new: digest("2") } as const;

for (
  const [cause, text] of [
    [{ is: "never-ran" }, "it never ran here"],
    [{ is: "did-not-finish", runId: "1", status: "FAILED" }, "its last run failed"],
    [{ is: "did-not-finish", runId: "1", status: "RUNNING" }, "its last run has not ended"],
    [{ is: "not-cached", because: "host-environment" }, "not cached: it uses this machine's own programs"],
    [{ is: "not-kept" }, "its result is not kept any more"],
    [{ is: "not-comparable", runId: "1" }, "what it last ran with is not kept any more"],
    [
      { is: "weaker-sandbox", made: "none", wanted: "landlock" },
      "its result was made in a weaker sandbox none → landlock",
    ],
    [{ is: "parameter", name: "alpha", old: 0.1, new: 0.2 }, "parameter alpha 0.1 → 0.2"],
    [{ is: "parameter", name: "note", old: "", new: "a\nb" }, `parameter note "" → a\\nb`],
    [
      { is: "parameter", name: "raw", old: digest("1"), new: digest("2") },
      "parameter raw 111111111111 → 222222222222",
    ],
    [{ is: "parameter", name: "beta", new: true }, "parameter beta nothing → true"],
    [source, "source src/a.py changed"],
    [{ ...source, line: { number: 7 } }, "source src/a.py:7 changed"],
    [{ ...source, new: `${digest("1")} x` }, "source src/a.py is executable now"],
    [{ is: "source", path: "new.py", new: digest("2") }, "source new.py is new"],
    [{ is: "source", path: "old.py", old: digest("2") }, "source old.py is gone"],
    [{ is: "source", path: "npm:zod", old: "4.1.0", new: "4.2.0" }, "source npm:zod 4.1.0 → 4.2.0"],
    [{ is: "command", old: "a", new: "a -v" }, "command a → a -v"],
    [{ is: "package", name: "numpy", old: "2.1.0", new: "2.2.0" }, "package numpy 2.1.0 → 2.2.0"],
    [{ is: "package", name: "numpy", old: "2.1.0" }, "package numpy 2.1.0 → nothing"],
    [{ is: "environment", old: digest("1"), new: digest("2") }, "environment 111111111111 → 222222222222"],
    [
      { is: "input", name: "data", from: "split.train", old: content("1"), new: content("2") },
      "input data from split.train 111111111111 → 222222222222",
    ],
    [
      { is: "input", name: "data", from: "b.csv", old: content("1"), new: content("1", "b.csv") },
      "input data from b.csv a.csv → b.csv",
    ],
    [
      { is: "input", name: "parts", from: "c.made", new: { is: "not-made-yet" } },
      "input parts from c.made nothing → not made yet",
    ],
    [{ is: "input", name: "data" }, "input data is declared in another way"],
    [{ is: "read-content", path: "w", old: null, new: digest("2") }, "content of w nothing → 222222222222"],
    [{ is: "variable", name: "TOKEN", isSet: true }, "environment variable TOKEN changed"],
    [{ is: "permission", name: "net", old: "none", new: "all" }, "permission net none → all"],
    [{ is: "output", name: "model", old: "file", new: "model" }, "output model file → model"],
    [{ is: "metric", name: "loss", change: "added" }, "metric loss added"],
    [{ is: "parameter", name: "x", old: "\u001b[2J", new: "\u202e" }, "parameter x \\u001b[2J → \\u{202e}"],
  ] as readonly (readonly [Cause, string])[]
) {
  Deno.test(`causeText() says: ${text}`, () => assert.equal(causeText(cause), text));
}

Deno.test("causesText() names the first, and how many more there are", () => {
  const causes: Cause[] = ["a", "b", "c", "d"].map((name) => ({ is: "parameter", name, old: 1, new: 2 }));
  assert.equal(causesText(causes), "parameter a 1 → 2; parameter b 1 → 2; +2");
});

Deno.test("causeLines() shows the line that differs, harmless", () => {
  const cause: Cause = { ...source, line: { number: 7, old: "a = 1", new: "a = 2\u001b[2J" } };
  assert.deepEqual(causeLines(cause, noPaint), [
    "source src/a.py:7 changed",
    "- a = 1",
    "+ a = 2\\x1b[2J",
  ]);
});

Deno.test("forecastText() names at most three steps", () => {
  const depends = (...on: string[]) => forecastText({ is: "depends", on });
  assert.equal(depends("a"), "runs unless a comes out the same");
  assert.equal(depends("a", "b"), "runs unless a, b come out the same");
  assert.equal(depends("a", "b", "c", "d"), "runs unless a, b and 2 more come out the same");
});

Deno.test("executedLines() leaves out what ran for the first time", () => {
  const causes = new Map<string, readonly Cause[]>([
    ["split", [{ is: "never-ran" }]],
    ["train", [{ is: "parameter", name: "alpha", old: 1, new: 2 }]],
  ]);
  assert.deepEqual(executedLines(causes), ["train ran: parameter alpha 1 → 2"]);
});

Deno.test("whyLines() follows the chain to what will run for a reason of its own", () => {
  const lines = whyLines("score", {
    is: "forecast",
    chain: [
      { step: "score", forecast: { is: "depends", on: ["train"] } },
      {
        step: "train",
        forecast: { is: "will-run", causes: [{ is: "parameter", name: "alpha", old: 1, new: 2 }] },
      },
    ],
  }, noPaint);
  assert.deepEqual(lines, [
    "score runs unless train comes out the same",
    "",
    "train will run:",
    "  parameter alpha  1 → 2",
  ]);
});

Deno.test("whyLines() says how much of a long chain it leaves out", () => {
  const lines = whyLines("b", {
    is: "forecast",
    chain: [{ step: "b", forecast: { is: "depends", on: ["a"] } }],
    omitted: 3,
  }, noPaint);
  assert.equal(lines.at(-1), "3 more steps between them are not shown");
});

Deno.test("whyLines() says which run made a result, and what leaves a step out", () => {
  const cached = {
    is: "forecast",
    chain: [{ step: "train", forecast: { is: "cached", runId: "abc" } }],
  } as const;
  assert.deepEqual(whyLines("train", cached, noPaint), ["train is cached: run abc made its result"]);
  assert.deepEqual(whyLines("plot", { is: "skipped", because: "plots" }, noPaint), [
    "plot is left out as `plots` is false",
  ]);
});
