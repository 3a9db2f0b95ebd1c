import assert from "node:assert/strict";
import fc from "fast-check";
import { type CommandValues, fillCommand, printCommand, quoteForShell } from "../core/command.ts";
import { type Command, type CommandPart, flag, makeHole, sh, wordsOf } from "./command.ts";

const hole = (
  of: "parameter" | "input" | "output",
  name: string,
  takes: "one" | "many" | "boolean" = "one",
) => makeHole({ is: "hole", of, name }, takes) as CommandPart;
const [alpha, data, reports, model] = [
  hole("parameter", "alpha"),
  hole("input", "data"),
  hole("input", "reports", "many"),
  hole("output", "model"),
];
const shuffle = hole("parameter", "shuffle", "boolean") as never;

const values: CommandValues = {
  parameters: { alpha: 0.5, shuffle: true, title: "it's; $(touch x)" },
  inputs: { data: "/in/a b.csv", reports: ["/in/1", "/in/2 3"], warm: undefined },
  outputs: { model: "/out/model" },
};
const fill = (command: Command) => fillCommand({ words: wordsOf(command)! }, values);
const print = (command: Command) => printCommand({ words: wordsOf(command)! });

const rows: readonly (readonly [name: string, Command, argv: readonly string[], printed: string])[] = [
  ["words and holes", sh`python train.py ${data} --alpha ${alpha}`, [
    "python",
    "train.py",
    "/in/a b.csv",
    "--alpha",
    "0.5",
  ], "python train.py {data} --alpha {alpha}"],
  [
    "a hole within a word",
    sh`x --out=${model}/a-${alpha}`,
    ["x", "--out=/out/model/a-0.5"],
    "x --out={model}/a-{alpha}",
  ],
  ["two holes side by side", sh`x ${alpha}${alpha}`, ["x", "0.50.5"], "x {alpha}{alpha}"],
  ["a hole in quotes", sh`x "a ${data}"'${alpha}'`, ["x", "a /in/a b.csv0.5"], "x 'a '{data}{alpha}"],
  ["a list", sh`x ${reports} y`, ["x", "/in/1", "/in/2 3", "y"], "x {reports} y"],
  ["a flag", sh`x ${flag("--shuffle", shuffle)}`, ["x", "--shuffle"], "x {shuffle}"],
  ["an absent input", sh`x ${hole("input", "warm")}`, ["x", ""], "x {warm}"],
  [
    "text and numbers as literals",
    sh`x ${"a b; c"} n=${2} ${""}`,
    ["x", "a b; c", "n=2", ""],
    "x 'a b; c' n=2 ''",
  ],
  ["a command in a command", sh`env A=1 ${sh`x ${alpha} 'y z'`} end`, [
    "env",
    "A=1",
    "x",
    "0.5",
    "y z",
    "end",
  ], "env A=1 x {alpha} 'y z' end"],
  [
    "lines as blanks",
    sh`
    x
      --a   b \
      c
  `,
    ["x", "--a", "b", "c"],
    "x --a b c",
  ],
  ["backslashes", sh`x a\ b \$HOME \\ \' "\$a \n \"b\" \\"`, [
    "x",
    "a b",
    "$HOME",
    "\\",
    "'",
    '$a \\n "b" \\',
  ], `x 'a b' '$HOME' '\\' ''\\''' '$a \\n "b" \\'`],
  ["single quotes", sh`x 'a "b" $c \n' ''`, ["x", 'a "b" $c \\n', ""], `x 'a "b" $c \\n' ''`],
  ["a quoted glob", sh`x '*.csv' "a?b"`, ["x", "*.csv", "a?b"], "x '*.csv' 'a?b'"],
  ["a shell where one is wanted", sh`bash -c 'a | b > "$1"' -- ${model}`, [
    "bash",
    "-c",
    'a | b > "$1"',
    "--",
    "/out/model",
  ], `bash -c 'a | b > "$1"' -- {model}`],
];
for (const [name, command, argv, printed] of rows) {
  Deno.test(`sh reads ${name}`, () => {
    assert.deepEqual(fill(command), argv);
    assert.equal(print(command), printed);
  });
}

/** Calls `sh` as a template would. */
const template = (texts: readonly string[], holes: readonly CommandPart[]) =>
  sh(Object.assign([...texts], { raw: texts }) as unknown as TemplateStringsArray, ...holes);
const anyText = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"));

Deno.test("no value of a hole is ever split, joined or interpreted", () => {
  fc.assert(fc.property(fc.array(anyText, { maxLength: 8 }), (texts) => {
    const parameters = Object.fromEntries(texts.map((text, index) => [`p${index}`, text]));
    const holes = texts.map((_, index) => hole("parameter", `p${index}`));
    const command = template(
      ["x ", ...texts.map((_, index) => index === texts.length - 1 ? "" : " ")],
      holes,
    );
    const { inputs, outputs } = values;
    assert.deepEqual(fillCommand({ words: wordsOf(command)! }, { parameters, inputs, outputs }), [
      "x",
      ...texts,
    ]);
  }));
});

Deno.test("a literal in a hole is one argument, whatever it holds", () => {
  fc.assert(fc.property(anyText, anyText, (one, two) => {
    assert.deepEqual(fill(template(["x --a=", " ", ""], [one, two])), ["x", `--a=${one}`, two]);
  }));
});

Deno.test("text quoted for a shell is read back as it was", () => {
  fc.assert(fc.property(fc.array(anyText, { minLength: 1 }), (texts) => {
    const written = ["x", ...texts].map(quoteForShell).join(" ");
    assert.deepEqual(fill(template([written], [])), ["x", ...texts]);
  }));
});

Deno.test("what is printed of a command without holes is what a POSIX shell reads as the same arguments", async () => {
  const texts = [
    "a b",
    "it's",
    '"',
    "$HOME",
    "`x`",
    "\\",
    "*",
    "ä",
    "-n",
    "",
    "#",
    "~",
    "x=1",
    "\n",
    "a;b&c|d<e>f(g)",
  ];
  const printed = print(
    template(
      ["printf %s'\\n\\0' ", ...texts.map((_, index) => index === texts.length - 1 ? "" : " ")],
      texts,
    ),
  );
  const { stdout } = await new Deno.Command("sh", { args: ["-c", printed] }).output();
  assert.equal(new TextDecoder().decode(stdout), texts.map((text) => `${text}\n\0`).join(""));
});
