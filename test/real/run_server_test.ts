/** Unmodified MLflow code in a step: what it logs through the run's own server, and what it sees there. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { refuse } from "../../src/core/error.ts";
import type { Tracker } from "../../src/core/ports/tracker.ts";
import type { Run } from "../../src/core/tracking.ts";
import { openRunServer } from "../../src/server/run_server.ts";
import { openSqliteTracker } from "../../src/tracker/sqlite_tracker.ts";
import { realTest } from "../real_part.ts";
import { mlflowPython } from "./mlflow.ts";

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly run: Run;
  /** Runs that the script made below its own. */
  readonly children: readonly Run[];
  readonly tracker: Tracker;
  readonly points: readonly (readonly [key: string, value: number, step: number])[];
}
interface Script {
  readonly name: string;
  readonly source: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly expect: (outcome: Outcome) => Promise<void> | void;
}

const frame = `
import json, mlflow, pandas
data = pandas.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": [0, 1, 0, 1]})
def fit():
    from sklearn.linear_model import LogisticRegression
    return LogisticRegression().fit(data[["x"]], data["y"])
`;
const byKey = (items: readonly { readonly key: string; readonly value: unknown }[]) =>
  Object.fromEntries(items.map(({ key, value }) => [key, value]));
const readText = async ({ tracker, run }: Outcome, path: string) =>
  await new Response(await tracker.artifacts.read(run.info.artifactUri, path)).text();

const scripts: readonly Script[] = [
  {
    name: "parameters, metrics and tags land in the step's run",
    source: `${frame}
with mlflow.start_run():
    mlflow.log_param("a", 1)
    mlflow.log_params({"b": 2, "c": "x y"})
    mlflow.log_metric("loss", 0.5)
    mlflow.log_metric("loss", float("nan"), step=1)
    mlflow.log_metrics({"up": float("inf"), "down": float("-inf")}, step=3)
    mlflow.log_metric("late", 1.0, synchronous=False)
    mlflow.set_tags({"t": "v", "gone": "soon"})
    mlflow.delete_tag("gone")
    mlflow.flush_async_logging()
history = mlflow.MlflowClient().get_metric_history(mlflow.last_active_run().info.run_id, "loss")
print([(point.value, point.step) for point in history])
`,
    expect({ run, output, points }) {
      assert.deepEqual(byKey(run.parameters), { a: "1", b: "2", c: "x y" });
      assert.deepEqual(byKey(run.metrics), { loss: NaN, up: Infinity, down: -Infinity, late: 1 });
      assert.equal(byKey(run.tags)["t"], "v");
      assert.equal(byKey(run.tags)["gone"], undefined);
      assert.match(output, /\[\(0\.5, 0\), \(nan, 1\)\]/);
      assert.deepEqual(points.slice(0, 2), [["loss", 0.5, 0], ["loss", NaN, 1]]);
      assert.equal(run.info.status, "RUNNING");
    },
  },
  {
    name: "MLflow's code without a start_run logs to the step's run as well, past a proxy that is set",
    variables: { HTTP_PROXY: "http://127.0.0.1:1", http_proxy: "http://127.0.0.1:1" },
    source: `import mlflow\nmlflow.log_metric("m", 2)`,
    expect: ({ run, children }) => {
      assert.deepEqual(byKey(run.metrics), { m: 2 });
      assert.deepEqual(children, []);
    },
  },
  {
    name: "files, figures, tables and datasets travel through the server",
    source: `${frame}
import os
open("x.txt", "w").write("hello")
os.makedirs("folder/deep")
open("folder/deep/y.bin", "wb").write(bytes(range(256)) * 4096)
open("empty", "w").close()
with mlflow.start_run() as run:
    mlflow.log_artifact("x.txt", "sub dir/ä")
    mlflow.log_artifact("empty")
    mlflow.log_artifacts("folder", "folder")
    mlflow.log_text("text", "notes/a.txt")
    mlflow.log_dict({"k": 1}, "d.json")
    mlflow.log_table(data, "table.json")
    mlflow.log_input(mlflow.data.from_pandas(data, source="x.csv", name="rows"), context="training")
    figure = __import__("matplotlib.pyplot").pyplot.figure()
    mlflow.log_figure(figure, "figure.png")
    client = mlflow.MlflowClient()
    print(sorted(file.path for file in client.list_artifacts(run.info.run_id)))
    print([(file.path, file.file_size) for file in client.list_artifacts(run.info.run_id, "folder/deep")])
    print(mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/notes/a.txt"))
    path = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/folder")
    print(open(path + "/deep/y.bin", "rb").read() == bytes(range(256)) * 4096)
    print(mlflow.get_artifact_uri() == f"mlflow-artifacts:/{run.info.experiment_id}/{run.info.run_id}/artifacts")
`,
    async expect(outcome) {
      const { output, run } = outcome;
      const names = ["d.json", "empty", "figure.png", "folder", "notes", "sub dir", "table.json"];
      assert.ok(
        output.includes(
          `[${names.filter((name) => name !== "x.txt").map((name) => `'${name}'`).join(", ")}]`,
        ),
      );
      assert.match(output, /\[\('folder\/deep\/y.bin', 1048576\)\]\ntext\nTrue\nTrue\n/);
      assert.equal(await readText(outcome, "sub dir/ä/x.txt"), "hello");
      assert.equal(await readText(outcome, "empty"), "");
      assert.equal(run.datasetInputs[0]?.dataset.name, "rows");
      assert.deepEqual(run.datasetInputs[0]?.tags, [{ key: "mlflow.data.context", value: "training" }]);
    },
  },
  {
    name: "a file is sent whole where the client would rather send it in parts",
    variables: {
      MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD: "true",
      MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE: "1",
    },
    source: `import mlflow\nmlflow.log_text("in one", "x.txt")`,
    expect: async (outcome) => assert.equal(await readText(outcome, "x.txt"), "in one"),
  },
  {
    name: "a model is logged, registered, aliased and loaded by each of its names",
    source: `${frame}
with mlflow.start_run() as run:
    model = fit()
    info = mlflow.sklearn.log_model(
        model, name="model", input_example=data[["x"]], registered_model_name="iris", params={"depth": "3"},
        pip_requirements=["scikit-learn"],
    )
    mlflow.set_logged_model_tags(info.model_id, {"stage": "new", "gone": "soon"})
    mlflow.delete_logged_model_tag(info.model_id, "gone")
    mlflow.log_metric("accuracy", 0.9, model_id=info.model_id)
    client = mlflow.MlflowClient()
    client.set_registered_model_alias("iris", "champion", "1")
    wanted = list(model.predict(data[["x"]]))
    for uri in [f"runs:/{run.info.run_id}/model", info.model_uri, "models:/iris/1", "models:/iris@champion",
                "models:/iris/latest"]:
        assert list(mlflow.sklearn.load_model(uri).predict(data[["x"]])) == wanted, uri
        assert list(mlflow.pyfunc.load_model(uri).predict(data[["x"]])) == wanted, uri
    print(mlflow.register_model(info.model_uri, "iris").version)
    print([version.version for version in client.search_model_versions("name='iris'")])
    print(client.get_model_version_by_alias("iris", "champion").source == info.model_uri)
    print(info.signature.inputs.to_dict()[0]["name"], [m.name for m in mlflow.search_logged_models(output_format="list")])
    print(info.model_id)
`,
    async expect({ output, run, tracker }) {
      assert.match(output, /\n2\n\['2', '1'\]\nTrue\nx \['model'\]\n/);
      const id = /m-[0-9a-f]{32}\n$/.exec(output)?.[0].trim() ?? "";
      const model = await tracker.getLoggedModel(id);
      assert.deepEqual([model.status, model.name, model.sourceRunId], ["READY", "model", run.info.id]);
      assert.deepEqual(byKey(model.parameters), { depth: "3" });
      assert.equal(byKey(model.tags)["stage"], "new");
      assert.equal(byKey(model.tags)["gone"], undefined);
      assert.equal(byKey(model.metrics)["accuracy"], 0.9);
      assert.deepEqual(run.modelOutputs, [{ modelId: id, step: 0 }]);
      const version = await tracker.getModelVersionByAlias("iris", "champion");
      assert.deepEqual([version.version, version.source, version.runId], ["1", `models:/${id}`, run.info.id]);
      const files = await tracker.artifacts.list(model.artifactUri, "");
      assert.ok(files.some(({ path }) => path === "MLmodel"));
    },
  },
  {
    name: "autologging of scikit-learn, with a search over parameters, lands below the step's run",
    source: `${frame}
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
mlflow.autolog(log_models=False)
GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2).fit(data[["x"]], data["y"])
`,
    expect({ run, children, code, output }) {
      assert.equal(code, 0, output);
      assert.ok("best_cv_score" in byKey(run.metrics));
      assert.equal(byKey(run.tags)["estimator_name"], "GridSearchCV");
      assert.deepEqual(children.map((child) => byKey(child.parameters)["C"]).sort(), ["0.1", "1.0"]);
      assert.ok(children.every((child) => child.info.status === "FINISHED"));
    },
  },
  {
    name: "an experiment set by name agrees with the step's run, whose children are found and compared",
    source: `${frame}
mlflow.set_experiment("something else")
with mlflow.start_run(run_name="renamed"):
    for rate in [0.1, 0.2, 0.3]:
        with mlflow.start_run(nested=True, run_name=f"rate {rate}"):
            mlflow.log_metric("error", abs(rate - 0.2))
    print(mlflow.search_runs(order_by=["metrics.error ASC"], max_results=1)["tags.mlflow.runName"][0])
    print(len(mlflow.search_runs(filter_string="metrics.error > 0.05")))
with mlflow.start_run(run_name="second"):
    pass
mlflow.start_run(run_name="left open")
import os, sys
sys.stdout.flush()
os._exit(3)
`,
    expect({ run, children, output, code }) {
      assert.equal(code, 3, output);
      assert.equal(run.info.name, "renamed");
      assert.match(output, /rate 0\.2\n2\n/);
      const statuses = children.map(({ info }) => [info.name, info.status]).sort();
      assert.deepEqual(statuses, [
        ["left open", "KILLED"],
        ["rate 0.1", "FINISHED"],
        ["rate 0.2", "FINISHED"],
        ["rate 0.3", "FINISHED"],
        ["second", "FINISHED"],
      ]);
    },
  },
  {
    name: "what is refused is said in MLflow's own words",
    source: `${frame}
client = mlflow.MlflowClient()
with mlflow.start_run() as run:
    mlflow.log_param("a", 1)
    for attempt in [
        lambda: mlflow.log_param("a", 2),
        lambda: client.log_metric(run.data.tags["elsewhere"], "a", 1),
        lambda: client.get_run(run.data.tags["elsewhere"]),
        lambda: client.get_run("0" * 32),
        lambda: client.delete_run(run.info.run_id),
        lambda: client.get_registered_model("nope"),
        lambda: mlflow.log_metric("broken", 1),
    ]:
        try:
            attempt()
            print("allowed")
        except mlflow.exceptions.MlflowException as error:
            print(error.error_code, "|", str(error).splitlines()[0][:150])
`,
    expect({ output }) {
      assert.deepEqual(
        output.trimEnd().split("\n").map((line) => line.split(" | ")[0]),
        [
          "INVALID_PARAMETER_VALUE",
          "PERMISSION_DENIED",
          "PERMISSION_DENIED",
          "PERMISSION_DENIED",
          "ENDPOINT_NOT_FOUND",
          "RESOURCE_DOES_NOT_EXIST",
          "INTERNAL_ERROR",
        ],
      );
      assert.match(output, /INTERNAL_ERROR: Cannot log a metric as the disk is full/);
    },
  },
];

realTest(
  ["mlflow"],
  "unmodified MLflow code logs to its step's run through the run's own server",
  async () => {
    const folder = await Deno.makeTempDir();
    const tracker = await openSqliteTracker(join(folder, "mlflow.db"), { create: true, clock: Date.now });
    const bugs: unknown[] = [];
    const points: (readonly [string, string, number, number])[] = [];
    const server = await openRunServer(failing(tracker), {
      onMetric: (...point) => points.push(point),
      onBug: (error) => bugs.push(error),
    });
    try {
      const experimentId = (await tracker.createExperiment("pipeline")).id;
      const newRun = (name: string, elsewhere: string) =>
        tracker.createRun({
          experimentId,
          name,
          user: "u",
          startedAt: Date.now(),
          tags: [{ key: "elsewhere", value: elsewhere }],
        });
      const other = await newRun("another", "");
      const steps = await Promise.all(scripts.map(async (script) => {
        const run = await newRun(script.name, other.id);
        return { script, run, session: await server.open(run.id, { tier: "none", hasOwnNetwork: false }) };
      }));
      const outcomes = await runScripts(
        steps.map(({ script, session }) => ({
          name: script.name,
          source: script.source,
          variables: { ...session.variables, TMPDIR: folder, ...script.variables },
        })),
        folder,
      );
      for (const { session } of steps) session.close();
      await server.close();
      const failures: unknown[] = [];
      for (const [index, { script, run }] of steps.entries()) {
        const { code, output } = outcomes[index]!;
        const tags = [{ key: "mlflow.parentRunId", value: run.id }];
        const children = await tracker.searchRuns({ experimentIds: [experimentId], tags, limit: 100 });
        const own = points.filter(([id]) => id === run.id).map(([, key, value, step]) =>
          [key, value, step] as const
        );
        try {
          await script.expect({
            code,
            output,
            tracker,
            run: await tracker.getRun(run.id),
            children,
            points: own,
          });
        } catch (error) {
          failures.push(new Error(`${script.name}\n${output}`, { cause: error }));
        }
      }
      if (failures.length > 0) {
        throw new AggregateError(
          failures,
          `${failures.length} of ${steps.length} scripts`,
        );
      }
      assert.deepEqual(bugs, []);
      assert.deepEqual((await tracker.getRun(other.id)).metrics, []);
    } finally {
      await server.close();
      await tracker.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** The tracker, but for one metric that its disk has no room for. */
function failing(tracker: Tracker): Tracker {
  return {
    ...tracker,
    logBatch(runId, batch) {
      if (!batch.metrics?.some(({ key }) => key === "broken")) return tracker.logBatch(runId, batch);
      return refuse({ code: "FOLDER_NOT_WRITABLE", message: "Cannot log a metric as the disk is full" });
    },
  };
}

async function runScripts(
  given: readonly { name: string; source: string; variables: Readonly<Record<string, string>> }[],
  folder: string,
): Promise<readonly { readonly code: number; readonly output: string }[]> {
  const program = fileURLToPath(new URL("mlflow_scripts.py", import.meta.url));
  const child = new Deno.Command(await mlflowPython(), {
    args: [program],
    cwd: folder,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { PATH: Deno.env.get("PATH") ?? "", HOME: folder, MLFLOW_DISABLE_TELEMETRY: "true" },
    clearEnv: true,
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(given)));
  await writer.close();
  const { stdout, stderr, success } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}
