import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "../../src/core/file_url.ts";
import { askPython, mlflowPython } from "../real/mlflow.ts";
import { realTest } from "../real_part.ts";
import { configFile, readRuns, type RecordedRun, runSluice, workingFolder } from "../run/run_project.ts";
import { type ExportedCase, exportedCases } from "./constructs.ts";

interface Call {
  readonly project: string;
  readonly folder: string;
  readonly entryPoint: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Whether each failed. The Python of MLflow is first on PATH, as it is for whoever has activated its environment. */
async function runByMlflow(calls: readonly Call[]): Promise<readonly boolean[]> {
  const python = await mlflowPython();
  const program = fileURLToPath(new URL("run_exported.py", import.meta.url));
  return await askPython(program, calls, {
    PATH: `${join(python, "..")}:${join(Deno.execPath(), "..")}:${Deno.env.get("PATH")}`,
    DO_NOT_TRACK: "true",
  }) as readonly boolean[];
}

const parentOf = (run: RecordedRun): string | undefined => run.tags["mlflow.parentRunId"];

/** What of the runs both have: of the parent's parameters those that `names` holds. */
function comparable(runs: readonly RecordedRun[], names: readonly string[]) {
  const parents = runs.filter((run) => parentOf(run) === undefined);
  strictEqual(parents.length, 1, "there is not one parent");
  const [parent] = parents;
  for (const run of runs) {
    if (run !== parent) strictEqual(parentOf(run), parent!.id, `${run.name} is not nested`);
  }
  return {
    ...{ entryPoint: parent!.tags["mlflow.project.entryPoint"], status: parent!.status },
    parameters: Object.fromEntries(names.map((name) => [name, unquoted(parent!.params[name])])),
    nested: runs.filter((run) => run !== parent).map((run) => ({
      ...{ step: run.tags["sluice.step"], status: run.status, parameters: run.params, metrics: run.metrics },
      files: readFiles(run.artifacts.replace(/^file:\/\//, "")),
    })).sort((a, b) => a.step! < b.step! ? -1 : 1),
  };
}

/** MLflow records the parameters of a project as words of a shell. */
const unquoted = (value: string | undefined): string | undefined =>
  value?.startsWith("'") ? value.slice(1, -1).replaceAll(`'"'"'`, "'") : value;

/** By path, less what sluice keeps of its own. */
function readFiles(folder: string, prefix = ""): Record<string, string> {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch {
    return {};
  }
  const found = entries.filter(({ name }) => prefix !== "" || name !== "logs").flatMap((entry) =>
    entry.isDirectory
      ? Object.entries(readFiles(join(folder, entry.name), `${prefix}${entry.name}/`))
      : [[prefix + entry.name, Deno.readTextFileSync(join(folder, entry.name))] as const]
  );
  return Object.fromEntries(found.sort(([a], [b]) => a < b ? -1 : 1));
}

/** As `sluice init` writes it: `run` functions find sluice by it. */
const linkedConfig = { links: [join(configFile, "..")], imports: { sluice: "jsr:@sluice/sluice@^0.1" } };

/** Exports the pipeline of a case, runs it by sluice, and says how MLflow is to run it. */
async function prepareCase(folder: string, one: ExportedCase): Promise<Call> {
  const pipeline = join(folder, "pipeline");
  for (const [name, text] of Object.entries(one.files)) {
    await Deno.mkdir(join(pipeline, name, ".."), { recursive: true });
    await Deno.writeTextFile(join(pipeline, name), text);
  }
  const project = join(folder, "exported");
  const exported = await runSluice(["export", pipeline, "-o", project, "--json"], folder);
  strictEqual(exported.code, 0, `${one.name}: ${exported.stderr}`);
  const { entryPoint, parameters } = one;
  for (const name of ["mlflow", "own"]) await Deno.mkdir(join(folder, name));
  const given = Object.entries(parameters).flatMap(([name, value]) => ["-P", `${name}=${value}`]);
  const ran = await runSluice(["run", pipeline, entryPoint, ...given], join(folder, "own"));
  strictEqual(ran.code, 0, `${one.name}: ${ran.stderr}`);
  return { project, folder: join(folder, "mlflow"), entryPoint, parameters };
}

realTest(
  ["mlflow", "uv"],
  "each construct of the language, exported, is recorded by MLflow as it is by sluice: parameters, metrics, files and nesting",
  async () => {
    await using root = await workingFolder();
    await Deno.writeTextFile(join(root.path, "deno.json"), JSON.stringify(linkedConfig));
    const calls: Call[] = [];
    for (const [index, one] of exportedCases.entries()) {
      calls.push(await prepareCase(join(root.path, String(index)), one));
    }
    const failed = await runByMlflow(calls);
    for (const [index, { name }] of exportedCases.entries()) {
      ok(!failed[index], `${name}: MLflow's run failed`);
      const own = readRuns(join(root.path, String(index), "own"));
      const names = Object.keys(own.find((run) => parentOf(run) === undefined)!.params);
      const byMlflow = readRuns(calls[index]!.folder);
      // A path that the pipeline names lies in the exported folder.
      const [seen, wanted] = [comparable(byMlflow, names), comparable(own, names)].map((runs) =>
        JSON.parse(JSON.stringify(runs).replaceAll(/\/(exported\/code|pipeline)\/data\//g, "/data/"))
      );
      deepStrictEqual(seen, wanted, name);
    }
  },
);
