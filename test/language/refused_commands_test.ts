/** Commands, environments and given inputs that are refused. */
import { boolean, conda, file, flag, given, int, many, model, python, sh, step } from "sluice";
import { env, testRefusals, wild, Wine } from "./refusal_table.ts";

testRefusals(import.meta.url, [
  [
    "a pipe",
    "COMMAND_SYNTAX",
    () => step("c1", { env, command: () => sh`a | b` }),
    "unquoted `|` as no shell reads it",
    ['step "c1"'],
  ],
  ["a redirection", "COMMAND_SYNTAX", () => sh`a > b`, "unquoted `>`", []],
  ["two commands", "COMMAND_SYNTAX", () => sh`a; b`, "unquoted `;`", []],
  ["a variable", "COMMAND_SYNTAX", () => sh`a $HOME`, "unquoted `$`", []],
  ["a variable in double quotes", "COMMAND_SYNTAX", () => sh`a "$HOME"`, "unquoted `$`", []],
  ["a glob", "COMMAND_SYNTAX", () => sh`a *.csv`, "unquoted `*`", []],
  ["a home folder", "COMMAND_SYNTAX", () => sh`a ~/x`, "unquoted `~`", []],
  ["a comment", "COMMAND_SYNTAX", () => sh`a # b`, "unquoted `#`", []],
  ["an assignment", "COMMAND_SYNTAX", () => sh`A=1 b`, "start with an assignment", []],
  ["an open quote", "COMMAND_SYNTAX", () => sh`a 'b`, "its `'` is not closed", []],
  ["nothing to run", "COMMAND_SYNTAX", () => step("c2", { env, command: () => sh` ` }), "empty command", [
    'step "c2"',
  ]],
  [
    "a list within a word",
    "COMMAND_SYNTAX",
    () => step("c3", { env, inputs: { a: many(file()) }, command: ({ inputs }) => sh`x --a=${inputs.a}` }),
    "stands alone as a word",
    ['step "c3"'],
  ],
  [
    "a flag within a word",
    "COMMAND_SYNTAX",
    () =>
      step("c4", { env, params: { a: boolean() }, command: ({ params }) => sh`x y${flag("-a", params.a)}` }),
    "stands alone as a word",
    ['step "c4"'],
  ],
  [
    "one of a list",
    "COMMAND_SYNTAX",
    () => step("c5", { env, inputs: { a: many(file()) }, command: ({ inputs }) => sh`x ${inputs.a[0]!}` }),
    "take a list apart",
    ['step "c5"'],
  ],
  [
    "a flag of a number",
    "COMMAND_SYNTAX",
    () =>
      step(
        "c6",
        wild({
          env,
          params: { a: int() },
          command: ({ params }: { params: { a: never } }) => sh`x ${flag("-a", params.a)}`,
        }),
      ),
    "takes a boolean parameter",
    ['step "c6"'],
  ],
  ["a hole of nothing", "COMMAND_SYNTAX", () => sh`x ${wild(undefined)}`, "`undefined`", []],
  [
    "a hole computed with",
    "REFERENCE_READ",
    () => step("c7", { env, params: { a: int() }, command: ({ params }) => sh`x ${wild(params.a) * 2}` }),
    "Cannot turn the hole `a` of a command into text or a number",
    [],
  ],
  [
    "a hole as text",
    "REFERENCE_READ",
    () => step("c8", { env, params: { a: int() }, command: ({ params }) => sh`x ${`--a=${params.a}`}` }),
    "the hole `a`",
    [],
  ],
  [
    "a version that is a range",
    "ENVIRONMENT_INVALID",
    () => python({ version: ">=3.12", requirements: [] }),
    "version `>=3.12`",
    [],
  ],
  [
    "neither requirements nor project",
    "ENVIRONMENT_INVALID",
    () => python(wild({ version: "3.12" })),
    "without `requirements` or `project`",
    [],
  ],
  [
    "both requirements and project",
    "ENVIRONMENT_INVALID",
    () => python(wild({ requirements: [], project: "." })),
    "with both",
    [],
  ],
  [
    "conda without anything",
    "ENVIRONMENT_INVALID",
    () => conda({ dependencies: [] }),
    "without `dependencies`",
    [],
  ],
  [
    "conda with a file and packages",
    "ENVIRONMENT_INVALID",
    () => conda({ file: "conda.yaml", dependencies: ["python"] } as never),
    "one of them decides",
    [],
  ],
  [
    "conda with an empty line",
    "ENVIRONMENT_INVALID",
    () => conda({ dependencies: [" "] }),
    "each is one line",
    [],
  ],
  ["an empty requirement", "ENVIRONMENT_INVALID", () => python({ requirements: [" "] }), "is one line", []],
  ["a file without a path", "WIRE_INVALID", () => given.file("", Wine), "Cannot give a file", []],
  [
    "a model that is not registered",
    "WIRE_INVALID",
    () => given.registered(wild("runs:/1/model"), model("sklearn")),
    "registered model",
    [],
  ],
]);
