import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { SluiceError } from "../core/error.ts";
import { displayWidth } from "../terminal/display_width.ts";
import { openBuffer } from "../terminal/screen_test.ts";
import { commands } from "./commands.ts";
import { findPipelineFile } from "./commands/pipeline_file.ts";
import { runOptions } from "../terminal/run_flags.ts";
import { commandLineDocument } from "./document.ts";
import { runProgram } from "./program.ts";

/** What the program writes for its arguments; a failure is its code and hint. */
async function call(...argv: string[]) {
  const stdout = openBuffer();
  const stderr = openBuffer();
  const folder = fileURLToPath(new URL("../../test/run/project", import.meta.url));
  try {
    const code = await runProgram(argv, { stdout, stderr, workingFolder: folder, variables: {} });
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { failure: `${error.failure.code}: ${error.failure.message}`, hint: error.failure.hint ?? "" };
  }
}

Deno.test("the program's help lists every command, within 80 columns", async () => {
  const { code, stdout = "" } = await call("--help");
  assert.equal(code, 0);
  for (const { spec } of commands) assert.match(stdout, new RegExp(`^  ${spec.name} +${spec.summary}$`, "m"));
  for (const line of stdout.split("\n")) assert.ok(displayWidth(line) <= 80, line);
  assert.deepEqual(await call(), await call("--help"));
  for (const words of [["help"], ["-h"], ["help", "help"], ["--help", "-h", "help"]]) {
    assert.deepEqual(await call(...words), await call("--help"));
  }
});

for (const { spec } of commands) {
  Deno.test(`sluice ${spec.name} --help says usage, options and examples`, async () => {
    const { code, stdout = "" } = await call(...spec.name.split(" "), "--help");
    assert.equal(code, 0);
    assert.ok(stdout.includes(`Usage: sluice ${spec.name}`));
    for (const option of spec.options) assert.ok(stdout.includes(`--${option.name}`), option.name);
    assert.ok(spec.examples.length > 0 && stdout.includes("Examples:"));
    assert.deepEqual(
      await call("help", ...spec.name.split(" ")),
      await call(...spec.name.split(" "), "--help"),
    );
  });
}

Deno.test("a group of commands has help of its own", async () => {
  const { stdout = "" } = await call("runs");
  assert.match(stdout, /^ {2}runs show /m);
  assert.doesNotMatch(stdout, /^ {2}env list/m);
});

Deno.test("the version is that of deno.json", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assert.equal((await call("--version")).stdout, `sluice ${config.version} (deno ${Deno.version.deno})\n`);
});

for (
  const [argv, failure, hint] of [
    [
      ["rnus"],
      "COMMAND_UNKNOWN: Cannot run `sluice rnus` as there is no command of that name",
      /^Did you mean `sluice runs`\?/,
    ],
    [
      ["runs", "lsit"],
      "COMMAND_UNKNOWN: Cannot run `sluice runs lsit` as there is no command of that name",
      /^Did you mean `sluice runs list`\?/,
    ],
    [
      ["--versoin"],
      "FLAG_UNKNOWN: Cannot use `--versoin` as there is no flag of that name",
      /^Did you mean `--version`\?/,
    ],
    [
      ["runs", "list", "--limt", "3"],
      "FLAG_UNKNOWN: Cannot use `--limt` as there is no flag of that name",
      /^Did you mean `--limit`\?/,
    ],
    [
      ["runs", "list", "extra"],
      "ARGUMENT_INVALID: Cannot use the argument `extra` as `sluice runs list` takes none",
      /^Write `sluice runs list`/,
    ],
    [
      ["runs", "show"],
      "ARGUMENT_INVALID: Cannot run `sluice runs show` without RUN: The id of a run, or its first digits",
      /^Write `sluice runs show RUN`$/,
    ],
    [
      ["runs", "compare", "0123abcd"],
      "ARGUMENT_INVALID: Cannot compare one run as it takes two or more",
      /runs list/,
    ],
    [
      ["completion", "tcsh"],
      "ARGUMENT_INVALID: Cannot use `tcsh` as shell must be one of: bash, zsh, fish",
      /^Write `sluice completion SHELL`$/,
    ],
    [
      ["env", "gc", "--older-than", "soon"],
      "ARGUMENT_INVALID: Cannot set `--older-than` to `soon` as it must be a time such as `30d`",
      /^Units/,
    ],
    [
      ["run", "nowhere.ts"],
      "PIPELINE_FILE_NOT_FOUND: Cannot read pipeline `nowhere.ts` as there is no such file",
      /sluice init/,
    ],
  ] as const
) {
  Deno.test(`sluice ${argv.join(" ")} is refused`, async () => {
    const given = await call(...argv);
    assert.equal(given.failure, failure);
    assert.match(given.hint ?? "", hint);
  });
}

for (
  const [argv, file, rest] of [
    [["pipeline.ts", "-e", "train"], "pipeline.ts", ["-e", "train"]],
    [["-e", "train", "pipeline.ts", "-P", "a=1"], "pipeline.ts", ["-e", "train", "-P", "a=1"]],
    [["--alpha", "0.1", "pipeline.ts", "train"], "pipeline.ts", ["--alpha", "0.1", "train"]],
    [["--jobs=2", "folder#name"], "folder#name", ["--jobs=2"]],
    [["-e", "train"], undefined, ["-e", "train"]],
    [["--", "pipeline.ts", "train"], "pipeline.ts", ["--", "train"]],
  ] as const
) {
  Deno.test(`the pipeline of [${argv.join(" ")}] is ${file ?? "that of the folder"}`, () => {
    const found = findPipelineFile(argv, runOptions);
    assert.deepEqual([found.file, found.rest], [file, rest]);
  });
}

const names = [
  "run",
  "plan",
  "why",
  "lock",
  "export",
  "runs",
  "verify",
  "env",
  "cache",
  "init",
  "import",
  "doctor",
  "completion",
] as const;
for (
  const [line, expected] of [
    ["", names],
    ["--v", [...names, "--help", "--version"]],
    ["cache ", ["du", "gc", "verify"]],
    ["runs ", ["list", "show", "compare", "export", "import"]],
    ["completion ", ["bash", "zsh", "fish"]],
    ["plan --as ", ["mlproject"]],
    ["run pipeline.ts -e tr", ["main", "preprocess", "train", "train-low", "train-high", "evaluate", "plot"]],
    ["run pipeline.ts ", ["main", "preprocess", "train", "train-low", "train-high", "evaluate", "plot"]],
    ["run nowhere.ts --co", undefined],
    ["run pi", []],
    ["why ", ["preprocess", "train", "train-low", "train-high", "evaluate", "plot"]],
    ["why --sandbox off pl", ["preprocess", "train", "train-low", "train-high", "evaluate", "plot"]],
    ["why --sandbox ", ["auto", "require", "off"]],
    ["why pipeline.ts ", ["preprocess", "train", "train-low", "train-high", "evaluate", "plot"]],
    ["why train ", []],
    ["why -", undefined],
    ["why train pipeline.ts ", undefined],
    ["lock pipeline.ts ", undefined],
  ] as const
) {
  Deno.test(`completion after [sluice ${line}]`, async () => {
    const words = ["sluice", ...line.split(" ")];
    const { code, stdout = "" } = await call("--completion=words", String(words.length - 1), ...words);
    assert.equal(code, 0);
    const found = stdout.split("\n").slice(0, -1).map((candidate) => candidate.split("\t")[0]);
    if (expected === undefined) assert.ok(found.includes("--color"));
    else assert.deepEqual(found, expected);
  });
}

Deno.test("completion of why offers the parameters of the step's run, that of lock none", async () => {
  const offered = async (...words: string[]) =>
    (await call("--completion=words", String(words.length), "sluice", ...words)).stdout ?? "";
  assert.match(await offered("why", "train", "--"), /^--preprocess\./m);
  assert.doesNotMatch(await offered("lock", "pipeline.ts", "--"), /^--preprocess\./m);
});

Deno.test("docs/cli.md is what `deno task docs` writes", async () => {
  const written = await Deno.readTextFile(new URL("../../docs/cli.md", import.meta.url));
  assert.equal(written, commandLineDocument());
});
