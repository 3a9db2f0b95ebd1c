import assert from "node:assert/strict";
import { join } from "node:path";
import { realTest } from "../real_part.ts";
import { runPipeline, workingFolder } from "../run/run_project.ts";
import { runPython, startMlflowServer } from "./mlflow.ts";

interface FoundRun {
  readonly info: { readonly run_id: string; readonly run_name: string; readonly status: string };
  readonly data: {
    readonly metrics?: readonly { readonly key: string; readonly value: number }[];
    readonly params?: readonly { readonly key: string; readonly value: string }[];
    readonly tags?: readonly { readonly key: string; readonly value: string }[];
  };
}

async function call<T>(uri: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${uri}/api/2.0/mlflow/${path}`, {
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    headers: { "content-type": "application/json" },
  });
  const text = await response.text();
  assert.ok(response.ok, text);
  return JSON.parse(text);
}

/** Every run of the experiment as the page of MLflow asks for them, newest first. */
async function findRuns(uri: string, experiment: string): Promise<FoundRun[]> {
  const name = encodeURIComponent(experiment);
  const found = await call<{ experiment: { experiment_id: string } }>(
    uri,
    `experiments/get-by-name?experiment_name=${name}`,
  );
  const ids = [found.experiment.experiment_id];
  return (await call<{ runs?: FoundRun[] }>(uri, "runs/search", { experiment_ids: ids, max_results: 100 }))
    .runs ?? [];
}

const tagOf = (run: FoundRun, key: string) => run.data.tags?.find((tag) => tag.key === key)?.value;
const pairs = (list: readonly { readonly key: string; readonly value: unknown }[] = []) =>
  Object.fromEntries(list.map(({ key, value }) => [key, value]));

async function checkRuns(uri: string, experiment: string): Promise<void> {
  const runs = await findRuns(uri, experiment);
  const parent = runs.find((run) => tagOf(run, "mlflow.parentRunId") === undefined)!;
  const nested = runs.filter((run) => tagOf(run, "mlflow.parentRunId") === parent.info.run_id);
  assert.deepEqual(nested.map((run) => run.info.run_name).sort(), ["preprocess", "train"]);
  assert.deepEqual(runs.map((run) => run.info.status), ["FINISHED", "FINISHED", "FINISHED"]);
  assert.equal(tagOf(parent, "mlflow.project.entryPoint"), "train");
  const train = nested.find((run) => run.info.run_name === "train")!;
  assert.deepEqual(pairs(train.data.metrics), { loss: 0.1 });
  assert.deepEqual(pairs(train.data.params), { alpha: "0.25", note: "none" });
  const id = train.info.run_id;
  const history = await call<{ metrics: { step: string | number; value: number }[] }>(
    uri,
    `metrics/get-history?run_id=${id}&metric_key=loss`,
  );
  assert.deepEqual(history.metrics.map(({ value }) => value).sort(), [0.1, 0.2, 0.3]);
  const listed = await call<{ files: { path: string }[] }>(uri, `artifacts/list?run_id=${id}`);
  assert.deepEqual(listed.files.map(({ path }) => path).sort(), ["logs", "weights.txt"]);
  const artifact = await fetch(`${uri}/get-artifact?run_id=${id}&path=weights.txt`);
  assert.equal(await artifact.text(), "weights 0.25\n");
}

realTest(
  ["mlflow"],
  "MLflow's own server shows a run: nested, with parameters, metrics and artifacts; a run logs to that server as well",
  async () => {
    await using folder = await workingFolder();
    const first = await runPipeline(
      ["train", "--alpha", "0.25", "--experiment-name", "in a file"],
      folder.path,
    );
    assert.equal(first.code, 0, first.stderr);
    const backend = `sqlite:///${join(folder.path, "mlflow.db")}`;
    const server = await startMlflowServer({ backend, artifacts: join(folder.path, "served") });
    try {
      await checkRuns(server.uri, "in a file");
      await using other = await workingFolder();
      const args = ["train", "--alpha", "0.25", "--experiment-name", "on a server"];
      const second = await runPipeline(args, other.path, { MLFLOW_TRACKING_URI: server.uri });
      assert.equal(second.code, 0, second.stderr);
      await checkRuns(server.uri, "on a server");
      await assert.rejects(Deno.stat(join(other.path, "mlflow.db")));
    } finally {
      await server.stop();
    }
  },
);

realTest(
  ["mlflow"],
  "MLflow's client finds the runs in the file, and a file that MLflow made takes runs of ours",
  async () => {
    await using folder = await workingFolder();
    const made = await runPython(
      "import mlflow\nwith mlflow.start_run(run_name='theirs'): mlflow.log_metric('m', 1)",
      [],
      {
        cwd: folder.path,
      },
    );
    assert.equal(made.code, 0, made.stderr);
    const run = await runPipeline(["train"], folder.path);
    assert.equal(run.code, 0, run.stderr);
    const program = `
import json, mlflow
client = mlflow.MlflowClient("sqlite:///mlflow.db")
ids = [experiment.experiment_id for experiment in client.search_experiments()]
runs = client.search_runs(ids, filter_string="attributes.status = 'FINISHED'")
print(json.dumps(sorted([run.info.run_name, "mlflow.parentRunId" in run.data.tags, run.data.metrics] for run in runs)))`;
    const read = await runPython(program, [], { cwd: folder.path });
    assert.equal(read.code, 0, read.stderr);
    assert.deepEqual(JSON.parse(read.stdout), [
      ["preprocess", true, {}],
      ["theirs", false, { m: 1 }],
      ["train", true, { loss: 0.1 }],
      ["training/train", false, {}],
    ]);
  },
);

realTest(["mlflow"], "a run says what to do when the server it is to log to is not there", async () => {
  await using folder = await workingFolder();
  const run = await runPipeline(["train"], folder.path, { MLFLOW_TRACKING_URI: "http://127.0.0.1:9" });
  assert.equal(run.code, 2, run.stderr);
  assert.match(run.stderr, /error\[TRACKER_UNREACHABLE\]/);
});
