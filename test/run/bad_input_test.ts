import assert from "node:assert/strict";
import { join } from "node:path";
import {
  finish,
  type Finished,
  pipelineFile,
  readRuns,
  runPipeline,
  runSluice,
  startDeno,
  workingFolder,
} from "./run_project.ts";

/** A refusal: exit code 2, the code and the words on stderr, no stack trace, no tracker made. */
async function assertRefused(
  run: Finished,
  folder: string,
  code: string,
  ...words: (string | RegExp)[]
): Promise<void> {
  assert.equal(run.code, 2, run.stderr);
  assert.ok(run.stderr.includes(`error[${code}]`), run.stderr);
  for (const word of words) {
    assert.match(run.stderr, typeof word === "string" ? new RegExp(escape(word)) : word);
  }
  assert.ok(!/^\s+at .*sluice\/src|\/src\/(core|dsl|plan|compose|cli)\//m.test(run.stderr), run.stderr);
  assert.ok(run.stderr.includes("hint: "), run.stderr);
  assert.ok(!run.stdout.includes("error"), run.stdout);
  await assert.rejects(Deno.stat(join(folder, "mlflow.db")));
}
const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

for (
  const [name, args, code, ...words] of [
    [
      "NaN for a float",
      ["train", "--alpha", "NaN"],
      "PARAM_INVALID",
      'step "train"',
      'parameter "alpha"',
      "float from 0 to 1",
    ],
    ["Infinity for a float", ["train", "--alpha", "Infinity"], "PARAM_INVALID", "Infinity"],
    ["1e999 for a float", ["train", "--alpha", "1e999"], "PARAM_INVALID", "1e999"],
    ["a float below its range", ["train", "--alpha", "-1"], "PARAM_OUT_OF_RANGE", "from 0 to 1"],
    ["an empty float", ["train", "--alpha", ""], "PARAM_INVALID", "empty"],
    ["8.0 for an int", ["preprocess", "--rows", "8.0"], "PARAM_INVALID", "int from 1 to 1000"],
    ["32.5 for an int", ["preprocess", "--rows=32.5"], "PARAM_INVALID", "32.5"],
    [
      "a text that is too long",
      ["train", "--train.note", "x".repeat(10_000)],
      "PARAM_OUT_OF_RANGE",
      "10000 characters",
      "6000",
    ],
    ["an unknown entry point", ["tarin"], "ENTRY_POINT_UNKNOWN", "Did you mean `train`"],
    ["an unknown parameter", ["train", "--alhpa", "1"], /(FLAG|PARAM)_UNKNOWN/.source, "alpha"],
    ["an unknown parameter by -P", ["train", "-P", "alhpa=1"], "PARAM_UNKNOWN", "Did you mean `alpha`"],
    ["an unknown flag", ["train", "--keep-goign"], /(FLAG|PARAM)_UNKNOWN/.source, "keep-going"],
    ["-P without a value", ["train", "-P", "alpha"], "ARGUMENT_INVALID", "alpha"],
    ["a number of jobs that is none", ["train", "--jobs", "many"], "ARGUMENT_INVALID", "jobs"],
    [
      "a tracker of another kind",
      ["train", "--tracking-uri", "postgresql://x"],
      "TRACKER_URI_UNSUPPORTED",
      "postgresql",
    ],
  ] as [string, string[], string, ...(string | RegExp)[]][]
) {
  Deno.test(`a run refuses ${name}`, async () => {
    await using folder = await workingFolder();
    const run = await runPipeline(args, folder.path);
    const found = new RegExp(`error\\[(${code})\\]`).exec(run.stderr)?.[1] ?? code;
    await assertRefused(run, folder.path, found, ...words);
  });
}

for (
  const value of ["$(touch x)", "; rm -rf .", "a'b\"c", "a\nb", "`id`", "*", "--alpha", "-0", "ünïcode", "\\"]
) {
  Deno.test(`a step gets the text ${JSON.stringify(value)} as it is`, async () => {
    await using folder = await workingFolder();
    const run = await runPipeline(["train", `--train.note=${value}`], folder.path);
    assert.equal(run.code, 0, run.stderr);
    const train = readRuns(folder.path).find(({ name }) => name === "train")!;
    assert.equal(train.params["note"], value);
    assert.ok(
      (await Deno.readTextFile(join(train.artifacts, "logs/output.log"))).includes(`note: ${value}\n`),
    );
    await assert.rejects(Deno.stat(join(folder.path, "x")));
  });
}

for (
  const [name, text, code, ...words] of [
    ["throws", 'throw new Error("mine");', "PIPELINE_FILE_THREW", "mine", "pipeline.ts:1"],
    ["does not parse", "const = 1;", "PIPELINE_FILE_THREW", "pipeline.ts:1"],
    ["imports what is not there", 'import "./missing.ts";', "PIPELINE_FILE_THREW", "missing.ts"],
    ["exports nothing", "const x = 1;", "PIPELINE_EXPORT_MISSING", "exports nothing"],
    [
      "exports something else",
      "export const a = 1; export default 2;",
      "PIPELINE_EXPORT_WRONG",
      "`a`",
      "`default`",
    ],
  ] as const
) {
  Deno.test(`a run refuses a pipeline file that ${name}`, async () => {
    await using folder = await workingFolder();
    await Deno.writeTextFile(join(folder.path, "pipeline.ts"), text);
    await assertRefused(await runSluice(["run", "pipeline.ts"], folder.path), folder.path, code, ...words);
  });
}

Deno.test("a run refuses a pipeline file that is not there, and a folder without one", async () => {
  await using folder = await workingFolder();
  for (const name of ["missing.ts", "."]) {
    await assertRefused(
      await runSluice(["run", name], folder.path),
      folder.path,
      "PIPELINE_FILE_NOT_FOUND",
      "sluice init",
    );
  }
});

Deno.test("a run refuses an experiment's name that MLflow refuses", async () => {
  await using folder = await workingFolder();
  const run = await runPipeline(["preprocess", "--experiment-name", "x".repeat(501)], folder.path);
  assert.equal(run.code, 2, run.stderr);
  assert.match(run.stderr, /error\[TRACKER_REFUSED\].*maximum length of 500/);
});

Deno.test("a run refuses to choose among several pipelines, and takes one by its name", async () => {
  await using folder = await workingFolder();
  const named = await runSluice(["run", `${pipelineFile}#trainign`], folder.path);
  await assertRefused(named, folder.path, "PIPELINE_EXPORT_MISSING", "Did you mean `training`");
  assert.equal(
    (await runSluice(["run", `${pipelineFile}#training`, "-e", "preprocess"], folder.path)).code,
    0,
  );
});

Deno.test("a pipeline that is wrong is refused where it is defined", async () => {
  await using folder = await workingFolder();
  const text = `import { float, host, sh, step } from "sluice";
step("train", { env: host(), params: { alpha: float().max(1).default(7) }, command: () => sh\`true\` });`;
  await Deno.writeTextFile(join(folder.path, "pipeline.ts"), text);
  const started = [
    await runSluice(["run", "pipeline.ts"], folder.path),
    await finish(startDeno(["pipeline.ts"], folder.path)),
  ];
  for (const run of started) {
    await assertRefused(
      run,
      folder.path,
      "PARAM_OUT_OF_RANGE",
      "pipeline.ts:2",
      'step "train": parameter "alpha"',
    );
  }
});

for (
  const [name, spec, code, ...words] of [
    ["a source that is not there", `env: host(), sources: ["gone.py"]`, "GIVEN_FILE_MISSING", "gone.py"],
    [
      "a Python that is not there",
      `env: python({ version: "3.99", requirements: [] })`,
      "INTERPRETER_MISSING",
      "3.99",
    ],
  ] as const
) {
  Deno.test(`${name} is refused with the place of its step`, async () => {
    await using folder = await workingFolder();
    const file = join(folder.path, "pipeline.ts");
    await Deno.writeTextFile(
      file,
      `import { host, main, pipeline, python, sh, step } from "sluice";
const a = step("clean", { ${spec}, command: () => sh\`true\` });
const p = pipeline("lacking", {}, () => ({ clean: a({}) }));
export default p;
if (import.meta.main) await main(p);
void [host, python];
`,
    );
    const run = await finish(startDeno([file], folder.path));
    await assertRefused(run, folder.path, code, /--> pipeline\.ts:3:\d+: step "clean"$/m, ...words);
  });
}
