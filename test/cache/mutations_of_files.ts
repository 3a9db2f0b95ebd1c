/** Edits of sources, inputs and what lies beside them. */
import { join } from "node:path";
import { afterGather, afterSplit, afterTrains, everyStep, type Mutation, trains } from "./mutation.ts";
import { filesBelow } from "./mutated_project.ts";

const append = (file: string, text: string): Mutation["edit"] => async (project) =>
  await Deno.writeTextFile(project.path(file), text, { append: true });
const replace = (file: string, from: string, to: string): Mutation["edit"] => (project) =>
  project.replace(file, from, to);
const add = (file: string, text = "new\n"): Mutation["edit"] => (project) => project.write(file, text);
const bothTrains = (text: string) => ({ "train-1": text, "train-2": text, ...afterTrains });

export const mutationsOfFiles: readonly Mutation[] = [
  { name: "nothing, in a folder that was moved", edit: () => ({}), says: {} },
  { name: "the times of all files", edit: touchAll, says: {} },
  { name: "a comment in pipeline.ts", edit: append("pipeline.ts", "\n// The end.\n"), says: {} },
  {
    name: "the formatting of pipeline.ts",
    edit: replace("pipeline.ts", "\n  env,", "\n\n    env:   env,\n"),
    says: {},
  },
  {
    name: "a comment in the module of a command",
    edit: append("gather/gather.ts", "// The end.\n"),
    says: {},
  },
  { name: "an unrelated file beside named sources", edit: add("notes.md"), says: {} },
  { name: "an unrelated file beside a function", edit: add("score/notes.md"), says: {} },
  { name: "an ignored file", edit: add("gather/scratch.tmp"), says: {} },
  { name: "a git checkout", edit: add("gather/.git/HEAD"), says: {} },
  { name: "compiled bytecode", edit: add("gather/__pycache__/a.pyc"), says: {} },
  {
    name: "a comment in a source",
    edit: append("split.sh", "# The end.\n"),
    says: { split: "source split.sh:4 changed", ...afterSplit },
    runs: ["split"],
  },
  {
    name: "a comment in a source that two steps share by their definition",
    edit: append("train.sh", "# The end.\n"),
    says: bothTrains("source train.sh:5 changed"),
    runs: trains,
  },
  {
    name: "one byte of a source that changes what it makes",
    edit: replace("lib.sh", "'^#'", "'^a'"),
    says: { split: "source lib.sh:1 changed", ...afterSplit },
    runs: everyStep,
  },
  {
    name: "a comment in what a function imports",
    edit: append("score/count.ts", "// The end.\n"),
    says: { score: "source count.ts:3 changed" },
  },
  {
    name: "the formatting of a function",
    edit: replace("score/score.ts", "{ total }", "{total}"),
    says: { score: "source score.ts:12 changed" },
  },
  {
    name: "a further module of a function",
    edit: async (project) => {
      await project.write("score/more.ts", "export const more = 0;\n");
      await append("score/count.ts", `export { more } from "./more.ts";\n`)(project);
    },
    says: { score: "source count.ts:3 changed; source more.ts is new" },
  },
  {
    name: "a new source",
    edit: add("gather/more.sh"),
    says: { gather: "source more.sh is new", ...afterGather },
    runs: ["gather"],
  },
  {
    name: "a source that is gone",
    edit: (project) => project.remove("gather/.gitignore"),
    says: { gather: "source .gitignore is gone", ...afterGather },
    runs: ["gather"],
  },
  {
    name: "what is ignored",
    edit: append("gather/.gitignore", "*.log\n"),
    says: { gather: "source .gitignore:2 changed", ...afterGather },
    runs: ["gather"],
  },
  {
    name: "a source that may be executed",
    edit: (project) => Deno.chmod(project.path("gather/gather.sh"), 0o755),
    says: { gather: "source gather.sh is executable now", ...afterGather },
    runs: ["gather"],
  },
  {
    name: "a source under another name",
    edit: async (project) => {
      await Deno.rename(project.path("gather/gather.sh"), project.path("gather/join.sh"));
      await project.replace("gather/gather.ts", "gather.sh", "join.sh");
    },
    says: {
      gather: "source gather.sh is gone; source join.sh is new; " +
        "command sh gather.sh {all} {models} → sh join.sh {all} {models}",
      ...afterGather,
    },
    runs: ["gather"],
  },
  {
    name: "one more among the named sources",
    edit: replace("pipeline.ts", `"lib.sh"]`, `"lib.sh", "words.txt"]`),
    says: { split: "source words.txt is new", ...afterSplit },
    runs: ["split"],
  },
  {
    name: "a comment in an input",
    edit: replace("data/raw.csv", "made", "written"),
    says: { split: "input raw from data/raw.csv # → #", ...afterSplit },
    runs: ["split"],
  },
  {
    name: "one byte of an input",
    edit: replace("data/raw.csv", "b,2", "b,3"),
    says: { split: "input raw from data/raw.csv # → #", ...afterSplit },
    runs: everyStep,
  },
  {
    name: "an input under another name",
    edit: async (project) => {
      await Deno.rename(project.path("data/raw.csv"), project.path("data/new.csv"));
      await project.replace("pipeline.ts", "data/raw.csv", "data/new.csv");
    },
    says: { split: "input raw from data/new.csv raw.csv → new.csv", ...afterSplit },
    runs: ["split"],
  },
  {
    name: "an input in another folder",
    edit: async (project) => {
      await Deno.rename(project.path("data"), project.path("tables"));
      await project.replace("pipeline.ts", "data/raw.csv", "tables/raw.csv");
    },
    says: {},
  },
  {
    name: "the content of what may be read",
    edit: append("words.txt", "world\n"),
    says: bothTrains("content of words.txt # → #"),
    runs: [...trains, "gather", "score"],
  },
];

async function touchAll({ folder }: { readonly folder: string }): Promise<void> {
  const time = new Date(2001, 1, 1);
  for (const file of await filesBelow(folder)) {
    if (!/mlflow\.db/.test(file)) await Deno.utime(join(folder, file), time, time);
  }
}
