import assert from "node:assert/strict";
import { join } from "node:path";
import { type Finished, runSluice, workingFolder } from "../run/run_project.ts";
import { readVerified } from "../verify/verify_project.ts";
import { realTest } from "../real_part.ts";
import { parentsOf, readRecorded, type Recorded, type RecordedRun, runFile, stepsOf } from "./recorded.ts";

const file = "pipelines/iris/pipeline.ts";

/** `train` alone as the README has it, all of it with the model registered, `train` again; in one folder, read once. */
async function runIris() {
  await using folder = await workingFolder();
  const train = await runFile(file, ["train", "--alpha", "0.1", "--json"], folder.path);
  const all = ["--register-as", "iris", "--batch-size", "16", "--preprocess.seed", "3", "--json"];
  const main = await runFile(file, all, folder.path);
  const again = await runFile(file, ["train", "--alpha", "0.1", "--no-cache", "--json"], folder.path);
  const ended = main.events.find((event) => event.is === "run-ended");
  const verified = await runSluice(["verify", ended!.runId, "--json", "--quiet"], folder.path);
  // After it: what it registers and logs is nowhere to be seen.
  const recorded = await readRecorded(folder.path, "loss");
  const report = Object.values(stepsOf(recorded, parentsOf(recorded)[1]!)).find((run) =>
    run.name === "evaluate"
  );
  const location = main.events.flatMap((event) =>
    event.is === "step-ended" && event.step === "evaluate" ? [event.outputs["report"]!.path] : []
  );
  return {
    train,
    main,
    again,
    verified,
    recorded,
    evaluated: report!,
    report: JSON.parse(await Deno.readTextFile(join(location[0]!))),
  };
}
let running: ReturnType<typeof runIris> | undefined;
const iris = () => running ??= runIris();

async function runAt(index: number): Promise<[Recorded, RecordedRun, Record<string, RecordedRun>]> {
  const { recorded } = await iris();
  const parent = parentsOf(recorded)[index]!;
  return [recorded, parent, stepsOf(recorded, parent)];
}

realTest(
  ["uv", "mlflow"],
  "iris: `train --alpha 0.1` runs what train needs, in nested runs that MLflow reads",
  async () => {
    const [recorded, parent, steps] = await runAt(0);
    assert.equal(parentsOf(recorded).length, 3);
    assert.equal(parent.experiment, "iris");
    assert.equal(parent.status, "FINISHED");
    assert.equal(parent.params["alpha"], "0.1");
    assert.equal(parent.tags["mlflow.project.entryPoint"], "train");
    assert.deepEqual(Object.keys(steps).sort(), ["preprocess", "train"]);
    for (const run of Object.values(steps)) assert.equal(run.status, "FINISHED");
    assert.deepEqual(steps["preprocess"]!.params, { seed: "1", test_size: "0.2" });
    assert.deepEqual(steps["preprocess"]!.metrics, { train_rows: 120, test_rows: 30 });
    assert.deepEqual(steps["train"]!.params, { alpha: "0.1", batch_size: "32", register_as: "" });
  },
);

realTest(
  ["uv", "mlflow"],
  "iris: MLflow's unmodified client logs the loss of each epoch to the step's own run",
  async () => {
    const [, , steps] = await runAt(0);
    const losses = steps["train"]!.histories["loss"]!;
    assert.deepEqual(losses.map(([step]) => step), Array.from({ length: 40 }, (_, epoch) => epoch));
    assert.ok(losses.at(-1)![1] < losses[0]![1] / 4, `${losses}`);
    const { train } = await iris();
    const live = train.events.flatMap((event) =>
      event.is === "step-metric" && event.metric === "loss" ? [event.index] : []
    );
    // MLflow logs the last one again, as a metric of the model.
    assert.equal(new Set(live).size, 40);
  },
);

realTest(
  ["uv", "mlflow"],
  "iris: tables, the model and the report are artifacts of the runs that made them",
  async () => {
    const [, , steps] = await runAt(1);
    assert.deepEqual(steps["preprocess"]!.artifacts, ["logs/output.log", "test.csv", "train.csv"]);
    for (const path of ["model/MLmodel", "model/model.pkl", "logs/output.log"]) {
      assert.ok(steps["train"]!.artifacts.includes(path), `${steps["train"]!.artifacts}`);
    }
    assert.deepEqual(steps["evaluate"]!.artifacts, ["logs/output.log", "report.json"]);
  },
);

realTest(
  ["uv", "mlflow"],
  "iris: the model tells the species apart, and the report agrees with the metrics",
  async () => {
    const { evaluated, report } = await iris();
    assert.ok(evaluated.metrics["accuracy"]! >= 0.9, `${evaluated.metrics["accuracy"]}`);
    assert.ok(evaluated.metrics["f1"]! >= 0.9);
    assert.equal(report.accuracy, evaluated.metrics["accuracy"]);
    const rows: Record<string, number>[] = Object.values(report.confusion);
    const total = rows.flatMap((row) => Object.values(row)).reduce((sum, count) => sum + count, 0);
    assert.equal(total, 30);
    const right = Object.entries(report.confusion as Record<string, Record<string, number>>)
      .reduce((sum, [species, row]) => sum + row[species]!, 0);
    assert.equal(right / total, report.accuracy);
  },
);

realTest(
  ["uv", "mlflow"],
  "iris: the model is logged by each run, and registered by the one that asked",
  async () => {
    const [recorded, , steps] = await runAt(1);
    const { loggedModels, versions } = recorded;
    assert.equal(loggedModels.length, 3);
    for (const model of loggedModels) {
      assert.equal(model.status, "READY");
      assert.deepEqual(model.flavors, ["python_function", "sklearn"]);
      const run = recorded.runs.find((run) => run.id === model.runId)!;
      assert.equal(model.metrics["loss"], run.metrics["loss"]);
    }
    assert.deepEqual(versions, [{
      name: "iris",
      version: "1",
      status: "READY",
      runId: steps["train"]!.id,
      flavors: ["python_function", "sklearn"],
    }]);
  },
);

realTest(
  ["uv", "mlflow"],
  "iris: the same parameters make the same tables and the same model, byte for byte",
  async () => {
    const { train, again, main } = await iris();
    const digests = (finished: Finished) =>
      Object.fromEntries(
        finished.events.flatMap((event) =>
          event.is === "step-ended"
            ? Object.entries(event.outputs).map(([name, { digest }]) => [`${event.step}.${name}`, digest])
            : []
        ),
      );
    assert.deepEqual(Object.keys(digests(train)).sort(), [
      "preprocess.test",
      "preprocess.train",
      "train.model",
    ]);
    assert.deepEqual(digests(again), digests(train));
    assert.notEqual(digests(main)["train.model"], digests(train)["train.model"]);
  },
);

realTest(
  ["uv", "mlflow"],
  "iris: made again in an environment made anew, all of it is the same",
  async () => {
    const { verified } = await iris();
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    assert.deepEqual(
      readVerified(verified).items.map(({ step, name, verdict }) => `${step}.${name} ${verdict}`),
      [
        "preprocess.test same",
        "preprocess.train same",
        "preprocess.test_rows same",
        "preprocess.train_rows same",
        "train.model same",
        "train.loss same",
        "evaluate.report same",
        "evaluate.accuracy same",
        "evaluate.f1 same",
      ],
    );
  },
);
