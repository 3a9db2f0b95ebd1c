import assert from "node:assert/strict";
import fc from "fast-check";
import { type CommandTemplate, fillCommand, printCommand, quoteForShell } from "./command.ts";

const template: CommandTemplate = {
  words: [
    { is: "word", parts: [{ is: "text", text: "python" }] },
    { is: "word", parts: [{ is: "text", text: "train me.py" }] },
    { is: "word", parts: [{ is: "text", text: "--alpha=" }, { is: "hole", of: "parameter", name: "alpha" }] },
    { is: "each", input: "folds" },
    { is: "flag", flag: "--shuffle", parameter: "shuffle" },
    { is: "word", parts: [{ is: "hole", of: "output", name: "model" }] },
  ],
};

Deno.test("fillCommand() gives one argument a word, one for each of many inputs, and a flag only when true", () => {
  const values = {
    parameters: { alpha: 0.1, shuffle: true },
    inputs: { folds: ["/a b", "/c"] },
    outputs: { model: "/m" },
  };
  assert.deepEqual(fillCommand(template, values), [
    "python",
    "train me.py",
    "--alpha=0.1",
    "/a b",
    "/c",
    "--shuffle",
    "/m",
  ]);
  const off = { ...values, parameters: { alpha: 0.1, shuffle: false }, inputs: { folds: [] } };
  assert.deepEqual(fillCommand(template, off), ["python", "train me.py", "--alpha=0.1", "/m"]);
});

Deno.test("printCommand() shows holes by name and quotes literal words", () => {
  assert.equal(printCommand(template), "python 'train me.py' --alpha={alpha} {folds} {shuffle} {model}");
});

Deno.test("quoteForShell() makes one word of any text, as sh reads it", async () => {
  const texts = fc.sample(fc.string({ unit: "grapheme" }), 40).concat([
    "'",
    "$(touch x)",
    "; rm",
    "a\nb",
    "",
    "`",
    "\\",
  ]);
  const script = texts.map((text) => `printf '%s\\0' ${quoteForShell(text)}`).join("\n");
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
  assert.deepEqual(
    new TextDecoder().decode(stdout).split("\0").slice(0, -1),
    texts.map((text) => text.replaceAll("\0", "")),
  );
});

Deno.test("fillCommand() never splits, expands or drops a value", () => {
  fc.assert(fc.property(fc.string(), (value) => {
    const one: CommandTemplate = {
      words: [{
        is: "word",
        parts: [{ is: "text", text: "--x=" }, { is: "hole", of: "parameter", name: "x" }],
      }],
    };
    assert.deepEqual(fillCommand(one, { parameters: { x: value }, inputs: {}, outputs: {} }), [
      `--x=${value}`,
    ]);
  }));
});
