/** Edits of all around a project: folders, environment variables, tracker, cache, how it is run. */
import { join } from "node:path";
import { afterSplit, afterTrains, everyStep, type Mutation, ofEach, trains } from "./mutation.ts";
import { copyFolder, executedSteps, filesBelow, type Project } from "./mutated_project.ts";

const keptFiles = (project: Project, kind: "files" | "results" | "records") =>
  join(project.cache, "store", kind);

export const mutationsOfSurroundings: readonly Mutation[] = [
  { name: "nothing, in its own place", prepare: {}, edit: () => ({}), says: {} },
  { name: "one step at a time", edit: () => ({ args: ["--jobs", "1"] }), says: {} },
  { name: "another name of the run", edit: () => ({ args: ["--run-name", "again"] }), says: {} },
  { name: "another experiment", edit: () => ({ args: ["--experiment-name", "again"] }), says: {} },
  {
    name: "another tracker",
    edit: () => ({ args: ["--tracking-uri", "sqlite:///other.db"] }),
    says: {},
  },
  {
    name: "a deleted tracker with all artifacts",
    edit: async (project) => {
      for (const path of ["mlflow.db", "mlruns"]) await project.remove(path);
    },
    prepare: {},
    says: {},
  },
  {
    name: "deleted artifacts",
    edit: (project) => project.remove("mlruns"),
    prepare: {},
    says: {},
  },
  {
    name: "an artifact that was written to",
    edit: async (project) => {
      const artifact = (await filesBelow(project.folder)).find((file) => file.endsWith("kept.csv"))!;
      await Deno.chmod(project.path(artifact), 0o644);
      await Deno.remove(project.path(artifact));
      await project.write(artifact, "other\n");
    },
    prepare: {},
    says: {},
  },
  {
    name: "a step that is imported and used elsewhere, in a pipeline of its own",
    edit: async (project) => {
      await project.write(
        "elsewhere/pipeline.ts",
        `import { file, given, main, pipeline } from "sluice";
import { split } from "../pipeline.ts";
const elsewhere = pipeline("elsewhere", {}, () => ({ kept: split.as("mine", { raw: given.file("raw.csv", file()) }).kept }));
export default elsewhere;
if (import.meta.main) await main(elsewhere);
`,
      );
      await Deno.copyFile(project.path("data/raw.csv"), project.path("elsewhere/raw.csv"));
      return { file: "elsewhere/pipeline.ts" };
    },
    says: {},
  },
  {
    name: "a second project with the same files, and no run of its own",
    edit: async (project) => {
      for (const path of ["mlflow.db", "mlruns"]) await project.remove(path);
      await Deno.rename(project.folder, `${project.folder}-first`);
      await copyFolder(`${project.folder}-first`, project.folder);
    },
    says: {},
  },
  {
    name: "a variable that is granted",
    edit: () => ({ env: { GREETING: "goodbye" } }),
    says: {
      "train-1": "environment variable GREETING changed",
      "train-2": "environment variable GREETING changed",
      ...afterTrains,
    },
    runs: [...trains, "gather", "score"],
  },
  { name: "a variable that is not granted", edit: () => ({ env: { FAREWELL: "goodbye" } }), says: {} },
  {
    name: "no cache",
    edit: () => ({ args: ["--no-cache"] }),
    says: ofEach("the run takes no kept results"),
  },
  { name: "no sandbox", edit: () => ({ args: ["--sandbox", "off"] }), says: {} },
  {
    name: "a sandbox, where there was none",
    prepare: { args: ["--sandbox", "off"] },
    edit: () => ({}),
    says: {
      ...ofEach("its result was made in a weaker sandbox none → tier"),
      score: "its result was made in a weaker sandbox deno → tier",
    },
  },
  {
    name: "a deleted cache",
    edit: async (project) => await Deno.remove(project.cache, { recursive: true }),
    says: ofEach("what it last ran with is not kept any more"),
  },
  {
    name: "deleted results",
    edit: async (project) => await Deno.remove(keptFiles(project, "results"), { recursive: true }),
    says: ofEach("its result is not kept any more"),
  },
  {
    name: "deleted files of results",
    edit: async (project) => await Deno.remove(keptFiles(project, "files"), { recursive: true }),
    says: {},
    runs: everyStep,
  },
  {
    name: "results that are no JSON",
    edit: async (project) => {
      await overwrite(keptFiles(project, "results"), () => "{");
    },
    says: ofEach("its result is not kept any more"),
  },
  {
    name: "a kept file with one byte changed",
    edit: async (project) => {
      await overwrite(
        keptFiles(project, "files"),
        (text) => text === "a,1\nb,2\n" ? "a,1\nb,3\n" : undefined,
      );
    },
    says: {},
    runs: ["split"],
  },
  {
    name: "records that are no JSON",
    edit: async (project) => {
      await overwrite(keptFiles(project, "records"), () => "{");
    },
    says: {},
  },
  {
    name: "a change, and back",
    edit: async (project) => {
      executedSteps(await project.run({ args: ["--rows", "1"] }));
    },
    says: {},
  },
  {
    name: "a change, and one more",
    edit: async (project) => {
      executedSteps(await project.run({ args: ["--rows", "1"] }));
      return { args: ["--rows", "3"] };
    },
    says: { split: "parameter rows 1 → 3", ...afterSplit },
    runs: ["split"],
  },
  {
    name: "a run that failed, and its repair",
    edit: async (project) => {
      const before = await Deno.readTextFile(project.path("split.sh"));
      await project.write("split.sh", "exit 1\n");
      await project.run();
      await project.write("split.sh", `${before}# Mended.\n`);
    },
    says: { split: "its last run failed; source split.sh:1 changed", ...afterSplit },
    runs: ["split"],
  },
];

/** Each file below the folder that `change` gives another text for; they are read-only. */
async function overwrite(folder: string, change: (text: string) => string | undefined): Promise<void> {
  let count = 0;
  for (const file of await filesBelow(folder)) {
    const path = join(folder, file);
    const text = change(await Deno.readTextFile(path));
    if (text === undefined) continue;
    await Deno.chmod(path, 0o644);
    await Deno.writeTextFile(path, text);
    count++;
  }
  if (count === 0) throw new Error(`nothing to change in ${folder}`);
}
