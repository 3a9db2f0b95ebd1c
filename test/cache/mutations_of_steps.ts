/** Edits of what a step says, of how steps are wired, and of parameters. */
import {
  afterGather,
  afterSplit,
  afterTrains,
  everyStep,
  type Mutation,
  trains,
  unlessSplit,
} from "./mutation.ts";

const replace = (from: string, to: string, file = "pipeline.ts"): Mutation["edit"] => (project) =>
  project.replace(file, from, to);
const onSplit = (line: string) => replace("  params: { rows", `  ${line}\n  params: { rows`);
const bothTrains = (text: string) => ({ "train-1": text, "train-2": text, ...afterTrains });
const permissions = (text: string) => replace(`env: ["GREETING"] }`, `env: ["GREETING"], ${text} }`);

const neverCounts: readonly Mutation[] = [
  { name: "a description", edit: replace("Fit it", "Fit it well"), says: {} },
  { name: "retries", edit: replace("retries: 0", "retries: 3"), says: {} },
  { name: "a time limit", edit: onSplit(`timeout: "10m",`), says: {} },
  { name: "cores and memory", edit: onSplit(`cores: 2, memory: "1GB",`), says: {} },
  { name: "a limit of processor time", edit: onSplit(`cpuTime: "10m",`), says: {} },
  { name: "a renamed step", edit: replace(`step("split"`, `step("divide"`), says: {} },
  { name: "renamed uses", edit: replace("`train-$", "`fit-$"), says: {} },
  { name: "a renamed pipeline", edit: replace(`pipeline("small"`, `pipeline("tiny"`), says: {} },
  {
    name: "a renamed parameter of the pipeline",
    edit: replace(
      "{ rows: split.params.rows } }, ({ rows }) => {",
      "{ lines: split.params.rows } }, ({ lines: rows }) => {",
    ),
    says: {},
  },
  {
    name: "reordered steps",
    edit: async (project) => {
      const file = project.path("pipeline.ts");
      const text = await Deno.readTextFile(file);
      const [head, split, rest] = text.split(/(?=^export const (?:split|train) )/m);
      const [train, ...tail] = rest!.split(/(?<=^}\);\n)/m);
      await Deno.writeTextFile(file, [head, train, split, ...tail].join(""));
    },
    says: {},
  },
  {
    name: "a default that was what it is",
    edit: replace("default(2)", "default(1)"),
    says: { split: "parameter rows 2 → 1", ...afterSplit },
    runs: everyStep,
  },
  { name: "a parameter given as its default", edit: () => ({ args: ["--rows", "2"] }), says: {} },
  {
    name: "another default with the old value given",
    edit: async (project) => {
      await project.replace("pipeline.ts", "default(2)", "default(9)");
      return { args: ["--rows", "2"] };
    },
    says: {},
  },
];

const parameters: readonly Mutation[] = [
  {
    name: "a parameter",
    edit: () => ({ args: ["--rows", "1"] }),
    says: { split: "parameter rows 2 → 1", ...afterSplit },
    runs: everyStep,
  },
  {
    name: "a parameter that changes nothing that is made",
    edit: () => ({ args: ["--rows", "3"] }),
    says: { split: "parameter rows 2 → 3", ...afterSplit },
    runs: ["split"],
  },
  {
    name: "a parameter of one of two uses",
    edit: () => ({ args: ["-P", "train-1.loud=true"] }),
    says: {
      "train-1": "parameter loud false → true",
      gather: "runs unless train-1 comes out the same",
      score: "runs unless gather, train-1 come out the same",
    },
    runs: ["train-1"],
  },
  {
    name: "a parameter that is new",
    edit: replace("params: { rows", "params: { fast: boolean().default(true), rows"),
    says: { split: "parameter fast nothing → true", ...afterSplit },
    runs: ["split"],
  },
  {
    name: "a parameter that is gone",
    edit: replace(", loud: boolean().default(false)", ""),
    says: bothTrains("parameter loud false → nothing"),
    runs: trains,
  },
  {
    name: "a range of a parameter",
    edit: replace("int().min(1)", "int().min(0).max(9)"),
    says: {},
  },
];

const declared: readonly Mutation[] = [
  {
    name: "a flag of a command",
    edit: replace("sh split.sh", "sh -e split.sh"),
    says: {
      split: "command sh split.sh {raw} {rows} {kept} → sh -e split.sh {raw} {rows} {kept}",
      ...afterSplit,
    },
    runs: ["split"],
  },
  {
    name: "the format of an output",
    edit: replace(`format: "csv"`, `format: "txt"`),
    says: { split: "output kept file .csv → file .txt", ...afterSplit },
    runs: ["split", ...trains],
  },
  {
    name: "a renamed output",
    edit: async (project) => {
      await project.replace("pipeline.ts", "kept: file({", "rest: file({");
      await project.replace("pipeline.ts", "outputs.kept", "outputs.rest");
      await project.replace("pipeline.ts", "{ kept } = split", "{ rest: kept } = split");
    },
    says: {
      split: "command sh split.sh {raw} {rows} {kept} → sh split.sh {raw} {rows} {rest}; " +
        "output kept file .csv → nothing; output rest nothing → file .csv",
      ...afterSplit,
    },
    runs: ["split", ...trains],
  },
  {
    name: "a metric that was logged all along",
    edit: replace(`["loss"]`, `["loss", "extra"]`),
    says: bothTrains("metric extra added"),
    runs: trains,
  },
  {
    name: "an optional input that is given nothing",
    edit: async (project) => {
      await project.replace(
        "pipeline.ts",
        "inputs: { kept: file() }",
        "inputs: { kept: file(), more: optional(file()) }",
      );
      await project.replace("pipeline.ts", "main, pipeline", "main, optional, pipeline");
    },
    says: bothTrains("input more is declared in another way"),
    runs: trains,
  },
  {
    name: "an optional input that is given something",
    edit: replace("gather({ models", `gather({ extra: given.file("words.txt", file()), models`),
    says: { gather: "input extra from words.txt nothing → #", ...afterGather },
    runs: ["gather"],
  },
  {
    name: "a step that is cached no more",
    edit: replace('  cache: true,\n  sources: ["split', '  sources: ["split'),
    says: { split: "not cached: it uses this machine's own programs", ...afterSplit },
    runs: ["split"],
  },
  {
    name: "another environment",
    edit: async (project) => {
      await project.replace(
        "pipeline.ts",
        '  env,\n  cache: true,\n  sources: ["split',
        '  env: deno(),\n  sources: ["split',
      );
      await project.replace("pipeline.ts", "{ boolean, each", "{ boolean, deno, each");
    },
    says: { split: `environment # → deno ${Deno.version.deno}`, ...afterSplit },
    runs: ["split"],
  },
  {
    name: "a function that is cached no more",
    edit: replace("  params: { loss", "  cache: false,\n  params: { loss", "score/score.ts"),
    says: { score: "not cached: the step says so; source score.ts:6 changed" },
  },
  {
    name: "a function under another name",
    edit: replace(`step("score"`, `step("rate"`, "score/score.ts"),
    says: { rate: "it never ran here" },
  },
  {
    name: "the network",
    edit: permissions("net: true"),
    says: bothTrains("permission net none → all"),
    runs: trains,
  },
  {
    name: "the graphics processors",
    edit: permissions("gpu: true"),
    says: bothTrains("permission gpu none → all"),
    runs: trains,
  },
  {
    name: "a further file to read",
    edit: replace(`["words.txt"]`, `["words.txt", "lib.sh"]`),
    says: bothTrains("permission read words.txt → words.txt, lib.sh"),
    runs: trains,
  },
  {
    name: "a folder to write",
    edit: async (project) => {
      await project.write("made/empty", "");
      await project.replace("pipeline.ts", `env: ["GREETING"] }`, `env: ["GREETING"], write: ["made"] }`);
    },
    says: bothTrains("permission write none → made"),
    runs: trains,
  },
  {
    name: "a further variable",
    edit: replace(`["GREETING"]`, `["GREETING", "FAREWELL"]`),
    says: bothTrains("permission env GREETING → GREETING, FAREWELL"),
    runs: trains,
  },
  {
    name: "a variable that is passed on no more",
    edit: replace(`, env: ["GREETING"]`, ""),
    says: bothTrains("permission env GREETING → none"),
    runs: [...trains, "gather", "score"],
  },
];

const wired: readonly Mutation[] = [
  {
    name: "a fan-out that grew by one",
    edit: replace("each([1, 2]", "each([1, 2, 3]"),
    says: {
      "train-3": "it never ran here",
      gather: "input models from train-3.model nothing → not made yet",
      ...afterGather,
    },
    runs: ["train-3", "gather", "score"],
  },
  {
    name: "a fan-out that shrank by one",
    edit: replace("each([1, 2]", "each([1]"),
    says: { gather: "input models # → nothing", ...afterGather },
    runs: ["gather", "score"],
  },
  {
    name: "a fan-out with another item",
    edit: replace("each([1, 2]", "each([1, 3]"),
    says: {
      "train-3": "it never ran here",
      gather: "runs unless train-3 comes out the same",
      ...afterGather,
    },
    runs: ["train-3", "gather", "score"],
  },
  {
    name: "a fan-out in another order",
    edit: replace("each([1, 2]", "each([2, 1]"),
    says: {
      gather: "input models from train-2.model # → #; input models from train-1.model # → #",
      ...afterGather,
    },
    runs: ["gather", "score"],
  },
  {
    name: "a step wired to another input",
    edit: replace(
      "train.as(`train-${name}`, { kept",
      `train.as(\`train-\${name}\`, { kept: given.file("words.txt", file())`,
    ),
    says: bothTrains("input kept from words.txt # → #"),
    runs: [...trains, "gather", "score"],
  },
  {
    name: "a step after another, with no data from it",
    edit: replace(
      "gather({ models: fitted.map((use) => use.model) })",
      "gather({ models: fitted.map((use) => use.model) }, { after: [] })",
    ),
    says: {},
  },
  {
    name: "a metric in the place of a value",
    edit: replace("loss: fitted[0]!.loss", "loss: 0.5"),
    says: {},
  },
  {
    name: "one step as the entry point",
    edit: () => ({ args: ["--entry-point", "train-2"] }),
    says: {},
  },
  {
    name: "one step as the entry point, with a parameter",
    edit: () => ({ args: ["--entry-point", "train-2", "--rows", "1"] }),
    says: { split: "parameter rows 2 → 1", "train-2": unlessSplit },
  },
];

export const mutationsOfSteps: readonly Mutation[] = [...neverCounts, ...parameters, ...declared, ...wired];
