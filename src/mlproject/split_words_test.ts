import assert from "node:assert/strict";
import fc from "fast-check";
import { realTest } from "../../test/real_part.ts";
import { splitWords } from "./split_words.ts";

const cases: readonly (readonly [text: string, words: readonly string[] | undefined])[] = [
  ["python train.py --alpha 0.5", ["python", "train.py", "--alpha", "0.5"]],
  [`  a  'b c'"d $"e\\ f  `, undefined],
  [`  a  'b $c'"d \\$"e\\ f  `, ["a", "b $cd $e f"]],
  ["a '' \"\"", ["a", "", ""]],
  [`a "b\\n\\""`, ["a", 'b\\n"']],
  ["ä ö", ["ä", "ö"]],
  ...[
    "a && b",
    "a; b",
    "a | b",
    "a > b",
    "a < b",
    "a &",
    "(a)",
    "a $b",
    "a `b`",
    "a *",
    "a ?",
    "a [b]",
    "a {b,c}",
  ]
    .map((text) => [text, undefined] as const),
  ...["a # b", "a ~", "a\nb", "A=1 b", "cd x", "exec a", "if a", "'a", 'a "b', "a \\", "", "  ", "! a", "a\0"]
    .map((text) => [text, undefined] as const),
];
for (const [text, words] of cases) {
  Deno.test(`splitWords(${JSON.stringify(text)}) is ${JSON.stringify(words)}`, () => {
    assert.deepEqual(splitWords(text), words);
  });
}

realTest(["bash"], "splitWords() gives the words that bash makes", async () => {
  const piece = fc.constantFrom(..."ab =-'\"\\$`!*~{}[]#;|&<>()%^@ä\t", "'a b'", '"c"', "\\ ");
  const texts = fc.sample(fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")), 4000)
    .map((text) => ["x " + text, splitWords("x " + text)] as const)
    .flatMap(([text, words]) => words === undefined ? [] : [[text, words] as const]);
  assert.ok(texts.length > 300, String(texts.length));
  const script = texts.map(([text]) => `printf '%s\\0' ${text}; printf '\\n\\0'`).join("\n");
  const { stdout } = await new Deno.Command("bash", { args: ["-c", script] }).output();
  const given = new TextDecoder().decode(stdout).split("\n\0").slice(0, -1)
    .map((words) => words.split("\0").slice(0, -1));
  assert.deepEqual(given, texts.map(([, words]) => words));
});
