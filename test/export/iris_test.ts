import { ok, strictEqual } from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "../../src/core/file_url.ts";
import { mlflowPython } from "../real/mlflow.ts";
import { realTest } from "../real_part.ts";
import { findRun, readRuns, type RecordedRun, runSluice, workingFolder } from "../run/run_project.ts";

const iris = fileURLToPath(new URL("../../pipelines/iris", import.meta.url));

realTest(
  ["uv", "mlflow"],
  "iris, exported, by `mlflow run -e evaluate -P alpha=0.1` in its locked environment: the parameters, metrics and model of sluice",
  async () => {
    await using root = await workingFolder();
    for (const name of ["own", "mlflow", "home"]) await Deno.mkdir(join(root.path, name));
    const exported = await runSluice(["export", iris, "-o", "project"], root.path);
    strictEqual(exported.code, 0, exported.stderr);
    const ran = await runSluice(["run", iris, "evaluate", "-P", "alpha=0.1"], join(root.path, "own"));
    strictEqual(ran.code, 0, ran.stderr);
    // MLflow's folder alone is on PATH, with uv beside it: the environment that MLflow makes has mlflow-skinny.
    const mlflow = dirname(await mlflowPython());
    const { success, stderr } = await new Deno.Command(join(mlflow, "mlflow"), {
      args: ["run", "../project", "-e", "evaluate", "-P", "alpha=0.1", "--env-manager", "uv"],
      cwd: join(root.path, "mlflow"),
      env: {
        PATH: `${mlflow}:${await uvFolder()}:${Deno.env.get("PATH")}`,
        MLFLOW_ENV_ROOT: join(root.path, "home"),
        DO_NOT_TRACK: "true",
      },
    }).output();
    ok(success, new TextDecoder().decode(stderr));
    const [own, byMlflow] = ["own", "mlflow"].map((name) => readRuns(join(root.path, name)));
    const parent = byMlflow!.find((run) => run.tags["mlflow.parentRunId"] === undefined)!;
    strictEqual(parent.params["alpha"], "0.1");
    strictEqual(parent.params["preprocess.seed"], "1");
    for (const step of ["preprocess", "train", "evaluate"]) {
      const [wanted, found] = [findRun(own!, step)!, findRun(byMlflow!, step)!];
      strictEqual(found.tags["mlflow.parentRunId"], parent.id);
      strictEqual(found.status, "FINISHED");
      strictEqual(JSON.stringify(found.params), JSON.stringify(wanted.params));
      isSameMetrics(found, wanted);
    }
    const flavors = async (runs: readonly RecordedRun[]) =>
      (await Deno.readTextFile(
        join(findRun(runs, "train")!.artifacts.replace(/^file:\/\//, ""), "model", "MLmodel"),
      ))
        .match(/^ {2}\w+:$/gm);
    strictEqual(JSON.stringify(await flavors(byMlflow!)), JSON.stringify(await flavors(own!)));
  },
);

/** The last bits of a sum of floats depend on how many threads add. */
function isSameMetrics(found: RecordedRun, wanted: RecordedRun): void {
  strictEqual(Object.keys(found.metrics).sort().join(), Object.keys(wanted.metrics).sort().join());
  for (const [name, value] of Object.entries(wanted.metrics)) {
    ok(
      Math.abs(found.metrics[name]! - value) <= 1e-12 * Math.abs(value),
      `${name}: ${found.metrics[name]}, ${value}`,
    );
  }
}

/** Of the uv that the tests have, where none is on PATH. */
const uvFolder = (): Promise<string> =>
  Promise.resolve(
    join(
      Deno.env.get("XDG_CACHE_HOME") || join(Deno.env.get("HOME") ?? "", ".cache"),
      "sluice-test",
      "uv",
      "bin",
    ),
  );
