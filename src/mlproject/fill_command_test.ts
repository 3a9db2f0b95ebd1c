import assert from "node:assert/strict";
import fc from "fast-check";
import type { ProjectEntryPoint } from "../core/mlproject.ts";
import { fillCommand, holesOf, quoteWord } from "./fill_command.ts";

const entryPoint = (command: string): ProjectEntryPoint => ({
  name: "main",
  command,
  parameters: [],
  needs: [],
  place: {},
});
const filled = (command: string, values: Record<string, string> = {}, extra: Record<string, string> = {}) => {
  const result = fillCommand(
    entryPoint(command),
    new Map(Object.entries(values)),
    new Map(Object.entries(extra)),
  );
  return result.ok ? result.value : result.failure.message;
};

Deno.test("quoteWord() quotes as Python's shlex.quote", () => {
  for (
    const [text, quoted] of [
      ["", "''"],
      ["a", "a"],
      ["a b", "'a b'"],
      ["it's", `'it'"'"'s'`],
      ["$HOME", "'$HOME'"],
      ["a=1,b:c/d.e-f%g+h@i_j", "a=1,b:c/d.e-f%g+h@i_j"],
      ["ä", "'ä'"],
      ["~", "'~'"],
      ["a\nb", "'a\nb'"],
    ] as const
  ) {
    assert.equal(quoteWord(text), quoted);
  }
});

Deno.test("fillCommand() fills holes as Python's str.format", () => {
  for (
    const [command, expected] of [
      ["python a.py {a}", "python a.py '1 2'"],
      ["{a}{a} {{a}} {a!s}", "'1 2''1 2' {a} '1 2'"],
      ["{a:>8}|{a:*^9}|{a:.3}|{a:7}", "   '1 2'|**'1 2'**|'1 |'1 2'  "],
      ["{b}", "Cannot run entry point `main` as its command has a hole `{b}` without a value"],
      ["{a", "Cannot run entry point `main` as in its command a `{` stands alone"],
      ["a}", "Cannot run entry point `main` as in its command a `}` stands alone"],
      ["{a.b}", "Cannot run entry point `main` as in its command `{a.b}` is no hole for a parameter"],
      ["{a!r}", "Cannot run entry point `main` as in its command `{a!r}` is no hole for a parameter"],
    ] as const
  ) {
    assert.equal(filled(command, { a: "1 2" }), expected);
  }
});

Deno.test("fillCommand() appends what the entry point does not name, names and values quoted", () => {
  assert.equal(filled("c", {}, { a: "1", "b;c": "$(id)" }), "c --a 1 --'b;c' '$(id)'");
});

Deno.test("whatever a value is, bash finds it as one word, and no more words than there are", async () => {
  const texts = fc.array(
    fc.string({ unit: "binary", maxLength: 12 }).filter((text) => !text.includes("\0")),
    {
      minLength: 1,
      maxLength: 40,
    },
  );
  await fc.assert(
    fc.asyncProperty(texts, async (values) => {
      const named = Object.fromEntries(values.map((value, index) => [`p${index}`, value]));
      const command = filled(
        `printf '%s\\0' ${Object.keys(named).map((name) => `{${name}}`).join(" ")}`,
        named,
      );
      const { stdout } = await new Deno.Command("bash", { args: ["-c", command] }).output();
      // Halves of surrogate pairs are nothing that a process can be given.
      assert.equal(
        new TextDecoder().decode(stdout),
        values.map((value) => `${value.toWellFormed()}\0`).join(""),
      );
    }),
    { numRuns: 50 },
  );
});

Deno.test("holesOf() names each hole once, and none of a command that cannot be read", () => {
  assert.deepEqual(holesOf("{b} {a} {b} {{c}}"), ["b", "a"]);
  assert.deepEqual(holesOf("{"), []);
});
