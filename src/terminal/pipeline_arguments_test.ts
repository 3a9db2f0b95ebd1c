import assert from "node:assert/strict";
import fc from "fast-check";
import { formatFailure } from "../core/error.ts";
import { parsePipelineArguments, type PipelineCommand } from "./pipeline_arguments.ts";
import { wine } from "./sample_definition_test.ts";

type Run = Extract<PipelineCommand, { is: "run" }>;

function parseRun(argv: readonly string[]): Run {
  const result = parsePipelineArguments(wine, argv);
  if (!result.ok) assert.fail(formatFailure(result.failure));
  assert.equal(result.value.is, "run");
  return result.value as Run;
}

const runs:
  readonly (readonly [argv: readonly string[], entryPoint: string, parameters: Record<string, string>])[] = [
    [[], "main", {}],
    [["train"], "train", {}],
    [["-e", "train"], "train", {}],
    [["--entry-point=train"], "train", {}],
    [["-etrain"], "train", {}],
    [["train", "-e", "train"], "train", {}],
    [["--", "train"], "train", {}],
    [["--alpha", "0.1"], "main", { alpha: "0.1" }],
    [["--alpha", "0.1", "train"], "train", { alpha: "0.1" }],
    [["train", "--alpha=0.1"], "train", { alpha: "0.1" }],
    [["train", "--alpha", "-1"], "train", { alpha: "-1" }],
    [["train", "--alpha", "-.5e3"], "train", { alpha: "-.5e3" }],
    [["train", "--alpha", "-Infinity"], "train", { alpha: "-Infinity" }],
    [["train", "--alpha="], "train", { alpha: "" }],
    [["train", "--alpha", ""], "train", { alpha: "" }],
    [["train", "--batch-size", "9"], "train", { batch_size: "9" }],
    [["train", "--batch_size", "9"], "train", { batch_size: "9" }],
    [["train", "-P", "batch-size=9"], "train", { batch_size: "9" }],
    [["train", "--preprocess.seed", "3"], "train", { "preprocess.seed": "3" }],
    [["preprocess", "--seed", "3"], "preprocess", { "preprocess.seed": "3" }],
    [["--seed", "3", "preprocess"], "preprocess", { "preprocess.seed": "3" }],
    [["preprocess", "--preprocess.seed=3"], "preprocess", { "preprocess.seed": "3" }],
    [["train", "--shuffle"], "train", { shuffle: "true" }],
    [["--shuffle", "train"], "train", { shuffle: "true" }],
    [["--shuffle", "false", "train"], "train", { shuffle: "false" }],
    [["train", "--no-shuffle"], "train", { shuffle: "false" }],
    [["train", "--shuffle=false"], "train", { shuffle: "false" }],
    [["train", "--shuffle=maybe"], "train", { shuffle: "maybe" }],
    [["train", "-P", "alpha=0.1"], "train", { alpha: "0.1" }],
    [["train", "-Palpha=0.1"], "train", { alpha: "0.1" }],
    [["train", "--param", "alpha=0.1", "--param=title=a=b"], "train", { alpha: "0.1", title: "a=b" }],
    [["train", "--title=--help"], "train", { title: "--help" }],
    [["train", "--title", "-"], "train", { title: "-" }],
    [["notify", "--jobs", "2"], "notify", {}],
    [["notify", "-P", "jobs=ann"], "notify", { "notify.jobs": "ann" }],
    [["notify", "--notify.jobs", "ann"], "notify", { "notify.jobs": "ann" }],
  ];
for (const [argv, entryPoint, parameters] of runs) {
  Deno.test(`parsePipelineArguments() reads [${argv.join(" ")}]`, () => {
    assert.deepEqual(parseRun(argv).request, { entryPoint, parameters, isText: true });
  });
}

Deno.test("parsePipelineArguments() reads each flag of ours", () => {
  const { flags } = parseRun([
    ..."-n --json -j 4 -k --experiment-name e --run-name r --tracking-uri http://t -q -v --color always --sandbox off"
      .split(" "),
    ..."--no-cache --locked --summary a.md --summary=b.xml".split(" "),
  ]);
  assert.deepEqual(flags, {
    dryRun: true,
    json: true,
    quiet: true,
    verbose: true,
    color: "always",
    keepGoing: true,
    jobs: 4,
    experimentName: "e",
    runName: "r",
    sandbox: "off",
    useCache: false,
    locked: true,
    trackingUri: "http://t",
    summaries: ["a.md", "b.xml"],
  });
  assert.equal(parseRun(["--no-color"]).flags.color, "never");
  assert.equal(parseRun([]).flags.color, "auto");
});

const others: readonly (readonly [argv: readonly string[], command: PipelineCommand])[] = [
  [["--help"], { is: "help" }],
  [["-h"], { is: "help" }],
  [["help"], { is: "help" }],
  [["help", "train"], { is: "help", entryPoint: "train" }],
  [["train", "--help"], { is: "help", entryPoint: "train" }],
  [["train", "--wrong", "--help"], { is: "help", entryPoint: "train" }],
  [["--completion", "zsh"], { is: "completion", shell: "zsh" }],
  [["--completion=words", "1", "x", "tr"], { is: "candidates", index: 1, words: ["x", "tr"] }],
];
for (const [argv, command] of others) {
  Deno.test(`parsePipelineArguments() reads [${argv.join(" ")}]`, () => {
    assert.deepEqual(parsePipelineArguments(wine, argv), { ok: true, value: command });
  });
}

const refusals: readonly (readonly [argv: readonly string[], message: string, hint: string])[] = [
  [
    ["tran"],
    'error[ENTRY_POINT_UNKNOWN]: Cannot run entry point `tran` as pipeline "wine" has none of that name',
    "Did you mean `train`? Entry points: `main`, `preprocess`, `train`, `fold-0`, `fold-1`, `fold-2`, `notify`",
  ],
  [
    ["--alhpa", "3"],
    "error[PARAM_UNKNOWN]: Cannot use `--alhpa` as entry point `main` has no parameter of that name",
    "Did you mean `--alpha`? Parameters: `--alpha`, `--batch-size`, `--shuffle`, `--kind`, `--title`, `--preprocess.seed`",
  ],
  [
    ["train", "-P", "alhpa=3"],
    'error[PARAM_UNKNOWN]: Cannot set parameter "alhpa" as entry point `train` has none of that name',
    "Did you mean `alpha`? Parameters: `alpha`, `batch_size`, `shuffle`, `kind`, `title`, `preprocess.seed`",
  ],
  [
    ["preprocess", "--alpha", "1"],
    'error[PARAM_UNKNOWN]: Cannot set parameter "alpha" as it is not used by entry point `preprocess`',
    "Leave it out, or run an entry point that uses it: `main`, `train`",
  ],
  [
    ["train", "--seed", "3"],
    'error[PARAM_UNKNOWN]: Cannot set parameter "seed" as entry point `train` has it by a longer name',
    "Write `--preprocess.seed`",
  ],
  [
    ["--dry-rnu"],
    "error[FLAG_UNKNOWN]: Cannot use `--dry-rnu` as there is no flag of that name",
    "Did you mean `--dry-run`? Flags: `--entry-point`, `--param`, `--dry-run`, `--jobs`, `--keep-going`, " +
    "`--experiment-name`, `--run-name`, `--sandbox`, `--no-cache`, `--locked`, `--tracking-uri`, `--summary` and 9 more",
  ],
  [
    ["--jobs", "0"],
    "error[ARGUMENT_INVALID]: Cannot set `--jobs` to `0` as it must be a whole number of at least 1",
    "Such as `--jobs 4`",
  ],
  [
    ["--color", "blue"],
    "error[ARGUMENT_INVALID]: Cannot set `--color` to `blue` as it must be one of: auto, never, always",
    "Such as `--color always`",
  ],
  [
    ["--json=yes"],
    "error[ARGUMENT_INVALID]: Cannot set `--json` to `yes` as it takes no value",
    "Write `--json` alone",
  ],
  [
    ["--run-name", "a", "--run-name", "b"],
    "error[ARGUMENT_INVALID]: Cannot use `--run-name` twice",
    "Give it once",
  ],
  [["--alpha"], "error[ARGUMENT_INVALID]: Cannot use `--alpha` without a value", "Write `--alpha VALUE`"],
  [
    ["--alpha", "--json"],
    "error[ARGUMENT_INVALID]: Cannot use `--alpha` without a value, as `--json` looks like another flag",
    "If it is the value, write `--alpha=--json`",
  ],
  [
    ["--no-shuffle=1"],
    "error[ARGUMENT_INVALID]: Cannot set `--no-shuffle` to `1` as it takes no value",
    "Write `--no-shuffle` alone",
  ],
  [
    ["-P", "alpha"],
    "error[ARGUMENT_INVALID]: Cannot set a parameter by `-P alpha` as it is not `name=value`",
    "Such as `-P alpha=0.1`",
  ],
  [
    ["--alpha", "1", "-P", "alpha=2"],
    'error[PARAM_CONFLICT]: Cannot set parameter "alpha" twice, with `--alpha` and `-P alpha`',
    "Give it once",
  ],
  [
    ["preprocess", "--seed", "1", "--preprocess.seed", "2"],
    'error[PARAM_CONFLICT]: Cannot set parameter "preprocess.seed" twice, with `--seed` and `--preprocess.seed`',
    "Give it once",
  ],
  [
    ["train", "notify"],
    "error[ARGUMENT_INVALID]: Cannot use the argument `notify` as the entry point is `train`",
    "Give one entry point first, then parameters as `--name value`",
  ],
  [
    ["train", "-e", "notify"],
    "error[ARGUMENT_INVALID]: Cannot use the argument `notify` as the entry point is `train`",
    "Give one entry point first, then parameters as `--name value`",
  ],
  [
    ["-P", "__proto__=1"],
    'error[PARAM_UNKNOWN]: Cannot set parameter "__proto__" as entry point `main` has none of that name',
    "Parameters: `alpha`, `batch_size`, `shuffle`, `kind`, `title`, `preprocess.seed`",
  ],
];
for (const [argv, message, hint] of refusals) {
  Deno.test(`parsePipelineArguments() refuses [${argv.join(" ")}]`, () => {
    const result = parsePipelineArguments(wine, argv);
    assert.ok(!result.ok);
    assert.equal(`error[${result.failure.code}]: ${result.failure.message}`, message);
    assert.equal(result.failure.hint, hint);
  });
}

const nastyValues = [
  "$(touch x)",
  "; rm -rf /",
  "line one\nline two\r\n",
  `"double" 'single' \`back\``,
  "\u001b]0;title\u0007",
  "x".repeat(10_000),
  "\0",
  "東京 🍷 é",
  "",
  " ",
  "=",
  "-1",
  "NaN",
  "1e999",
];
for (const value of nastyValues) {
  Deno.test(`parsePipelineArguments() keeps ${JSON.stringify(value).slice(0, 40)} as it is`, () => {
    assert.equal(parseRun(["--title", value]).request.parameters["title"], value);
    assert.equal(parseRun([`--title=${value}`]).request.parameters["title"], value);
    assert.equal(parseRun(["-P", `title=${value}`]).request.parameters["title"], value);
  });
}

Deno.test("parsePipelineArguments() keeps any value as it is, by `=` and by `-P`", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (value) => {
    assert.equal(parseRun([`--title=${value}`]).request.parameters["title"], value);
    assert.equal(parseRun(["-P", `title=${value}`]).request.parameters["title"], value);
  }));
});

Deno.test("parsePipelineArguments() answers any arguments, and never throws", () => {
  const word = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "--",
      "-",
      "--alpha",
      "--no-shuffle",
      "-P",
      "-e",
      "train",
      "--shuffle=",
      "alpha=1",
      "--jobs",
      "-1",
    ),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (argv) => {
      const result = parsePipelineArguments(wine, argv);
      if (!result.ok) formatFailure(result.failure);
    }),
    { numRuns: 500 },
  );
});
