/** What is typed: words, values of parameters, and the texts of a pipeline file that are read by rules of their own. */
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { commands } from "../../../src/cli/commands.ts";
import { readWhyWords } from "../../../src/cli/commands/why.ts";
import { printCandidates } from "../../../src/cli/complete.ts";
import { runProgram } from "../../../src/cli/program.ts";
import { locateTracker } from "../../../src/compose/open_tracker.ts";
import { quoteForShell } from "../../../src/core/command.ts";
import { codes, SluiceError, unwrap } from "../../../src/core/error.ts";
import { fileURLToPath, pathToFileURL } from "../../../src/core/file_url.ts";
import {
  checkParameter,
  describeSpec,
  type ParameterSpec,
  parseParameter,
} from "../../../src/core/parameter.ts";
import { lowerLimits, lowerPermissions } from "../../../src/dsl/limits.ts";
import { readShellWords } from "../../../src/dsl/shell_words.ts";
import { resolveArguments } from "../../../src/plan/resolve_arguments.ts";
import { pipelineCandidates } from "../../../src/terminal/candidates.ts";
import { parseCommand } from "../../../src/terminal/option_values.ts";
import { parsePipelineArguments, pipelineOptions } from "../../../src/terminal/pipeline_arguments.ts";
import { wine } from "../../../src/terminal/sample_definition_test.ts";
import { anyTarget, ofText, ofWords, type Target } from "../target.ts";

const specs: readonly ParameterSpec[] = [
  { type: "float" },
  { type: "float", min: 0, max: 1, default: 0.5 },
  { type: "float", exclusiveMin: 0, exclusiveMax: 1e6 },
  { type: "int" },
  { type: "int", min: 8, max: 256 },
  { type: "string" },
  { type: "string", minLength: 2, maxLength: 8, pattern: "^[a-z]+$" },
  { type: "boolean", default: true },
  { type: "choice", choices: ["red", "white", "__proto__"] },
  { type: "path" },
  { type: "uri" },
];
const at = { file: "pipeline.ts", within: ['parameter "alpha"'] };

const parameterTexts = [
  "0.1",
  "-1e-3",
  "8",
  "true",
  "red",
  "a/b.csv",
  "models:/wine/3",
  "",
  "+.5e10",
  "9007199254740991",
];

/** A value that was read is written as the text that is read as it again. */
function readEveryParameter(text: string): void {
  for (const spec of specs) {
    const read = parseParameter(spec, text, at);
    if (!read.ok) {
      assert.ok(read.failure.message.length < 500, describeSpec(spec));
      continue;
    }
    assert.deepEqual(parseParameter(spec, String(read.value), at), read);
    assert.deepEqual(checkParameter(spec, read.value, at), read);
  }
}

const argumentLists: readonly (readonly string[])[] = [
  ["train", "--alpha", "0.1", "--batch-size=16", "--no-shuffle"],
  ["-e", "train", "-P", "alpha=0.5", "-Pkind=white", "--title", "a b"],
  ["fold-0", "--dry-run", "-j4", "-k", "--summary", "out.md", "--summary=out.xml"],
  ["help", "train"],
  ["--completion", "bash"],
  ["--completion=words", "2", "wine", "train", "--al"],
  ["--preprocess.seed=3", "--shuffle", "false", "--json", "-q", "--no-color", "--", "main"],
  ["--sandbox=off", "--no-cache", "--locked", "--tracking-uri", "sqlite:///x.db", "--run-name", "r"],
];

function askPipeline(argv: readonly string[]): void {
  const command = unwrap(parsePipelineArguments(wine, argv));
  if (command.is === "run") unwrap(resolveArguments(wine, command.request, "/project"));
  else if (command.is === "candidates") {
    const { words, index } = command;
    pipelineCandidates(wine, words.slice(1, index), words[index] ?? "", pipelineOptions);
  }
}

const programLists: readonly (readonly string[])[] = [
  ["run", "pipeline.ts", "-e", "train", "--alpha", "0.1", "--dry-run"],
  ["plan", ".", "train", "-P", "alpha=1", "--json"],
  ["why", "train", "pipelines/iris", "--alpha", "0.1"],
  ["lock", "--upgrade", "numpy"],
  ["runs", "list", "--experiment", "iris", "--limit", "10", "--json"],
  ["runs", "show", "0123abcd"],
  ["runs", "compare", "0123abcd", "4567cdef"],
  ["verify", "0123abcd", "--tolerance", "1e-6", "--step", "train", "--keep", "again"],
  ["env", "list"],
  ["env", "gc", "--dry-run"],
  ["cache", "du"],
  ["cache", "gc", "--max-size", "10GB", "--older-than", "30d"],
  ["cache", "verify"],
  ["init", "my-pipeline", "--ci", "github"],
  ["doctor"],
  ["completion", "zsh"],
  ["--version"],
  ["help", "run"],
  ["--completion=words", "3", "sluice", "run", "pipeline.ts", "--al"],
];

function askCommands(argv: readonly string[]): void {
  for (const { spec } of commands) {
    const words = spec.name.split(" ");
    const rest = words.every((word, index) => argv[index] === word) ? argv.slice(words.length) : argv;
    parseCommand(spec, rest);
  }
  readWhyWords(argv);
}

const pipelineText = `
import { boolean, float, host, pipeline, sh, step } from ${
  JSON.stringify(import.meta.resolve("../../../mod.ts"))
};

const train = step("train", {
  env: host(),
  params: { alpha: float().min(0).max(1).default(0.5), loud: boolean().default(false) },
  command: ({ params }) => sh\`true \${params.alpha}\`,
});
export default pipeline("line", { params: { alpha: train.params.alpha } }, ({ alpha }) => void train({ alpha }));
`;

/** The whole program, in a folder with a pipeline; it ends with 0, or refuses with 1 or 2. No process is started. */
const program: Target<readonly string[]> = {
  name: "arguments of the program",
  weight: 0.3,
  open(folder) {
    Deno.writeTextFileSync(join(folder, "pipeline.ts"), pipelineText);
    const sink = (texts: string[]) => ({
      write: (text: string) => void texts.push(text),
      isTerminal: false,
      size: () => ({ columns: 80, rows: 24 }),
    });
    return {
      samples: programLists,
      async run(argv) {
        const texts: string[] = [];
        const surroundings = {
          stdout: sink(texts),
          stderr: sink(texts),
          workingFolder: folder,
          variables: Deno.env.toObject(),
        };
        try {
          const code = await runProgram(argv, surroundings);
          assert.ok([0, 1, 2].includes(code), `it exits with ${code}`);
        } catch (error) {
          if (error instanceof SluiceError) assert.ok([1, 2].includes(codes[error.failure.code]));
          throw error;
        } finally {
          assert.doesNotMatch(texts.join(""), /^\s+at .*\.ts:\d+/m);
        }
      },
    };
  },
};

const commandTexts = [
  "python train.py --data 'a b' --alpha \u0001",
  'sh -c "echo \\"x\\"" \u0001.csv',
  "a \\\n  b ''\u0001'' c",
];

/** `\u0001` stands for a hole. Words quoted for a shell are read back as they were. */
function readCommand(text: string): void {
  const read = readShellWords(text.split("\u0001"));
  if (read.is !== "words") return;
  const words = read.words.map((pieces) =>
    pieces.map((piece) => "text" in piece ? piece.text : "{}").join("")
  );
  if (words.some((word) => word.includes("\0"))) return;
  const again = readShellWords([words.map(quoteForShell).join(" ")]);
  assert.ok(again.is === "words");
  assert.deepEqual(
    again.words.map((pieces) => pieces.map((piece) => "text" in piece ? piece.text : "").join("")),
    words,
  );
}

const limitTexts = ["30s", "10m", "2h", "1.5h", "512MB", "2GB", "500ms", "example.com:443", "[::1]:80"];

/** One of these takes any text that one of them should. */
function readLimits(text: string): void {
  const limits = [
    () => lowerPermissions({ permissions: { net: [text], read: [text] } }, "file:///p/pipeline.ts", at),
    () => lowerLimits({ timeout: text as "1s", cpuTime: text as "1s" }, at),
    () => lowerLimits({ memory: text as "1MB" }, at),
  ];
  for (const lower of limits) {
    try {
      lower();
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
    }
  }
}

export const argumentTargets: readonly Target[] = [
  ofText("parameter", parameterTexts, readEveryParameter),
  ofWords("arguments of a pipeline", argumentLists, askPipeline),
  ofWords("arguments of the commands", programLists, askCommands),
  ofWords("completion of the program", programLists, (words) => {
    const before = words.filter((word) => !/^(pipeline|\.)/.test(word) || word.length > 200);
    return printCandidates(before.slice(0, -1), before.at(-1) ?? "", {
      stdout: { write() {}, isTerminal: false, size: () => ({ columns: 80, rows: 24 }) },
      stderr: { write() {}, isTerminal: false, size: () => ({ columns: 80, rows: 24 }) },
      workingFolder: "/nowhere",
      variables: {},
    });
  }),
  program,
  ofText("command of a step", commandTexts, readCommand),
  ofText("limits of a step", limitTexts, readLimits),
  ofText("tracking URI", ["http://host:5000/a", "sqlite:///mlflow.db", "sqlite:////a/b.db", ""], (uri) => {
    locateTracker({ uri, workingFolder: "/project", variables: {} });
  }),
  ofText("path and file URL", ["/a/b.csv", "/ü %20/#?x", "file:///a/b%20c", "file://localhost/a"], (text) => {
    if (text.isWellFormed() && resolve(text) === text) assert.equal(fileURLToPath(pathToFileURL(text)), text);
  }),
].map((target) => anyTarget(target as Target<never>));
