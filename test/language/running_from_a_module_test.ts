/** `pipeline.run`: what it asks for, and what it makes of an outcome. */
import assert from "node:assert/strict";
import { boolean, each, file, float, given, host, model, sh, step, when } from "sluice";
import type { StepReport } from "../../src/core/event.ts";
import type { PipelineDefinition } from "../../src/core/pipeline.ts";
import type { RunOptions, RunRequest } from "../../src/core/run.ts";
import { pipelineWith } from "../../src/dsl/pipeline.ts";

const train = step("train", {
  env: host(),
  params: { alpha: float().default(1) },
  outputs: { model: model("sklearn"), log: file({ format: "txt" }) },
  metrics: ["loss"],
  command: () => sh`train`,
});

const asked: (readonly [RunRequest, RunOptions])[] = [];
const left = new Set<string>();

/** A run in which each step makes what it declares, its metrics being the length of its name. */
const report = ({ steps }: PipelineDefinition): Record<string, StepReport> =>
  Object.fromEntries(
    steps.filter(({ name }) => !left.has(name)).map(({ name, definition }) => [name, {
      step: name,
      runId: `run of ${name}`,
      outcome: { is: "finished" },
      startedAt: 0,
      endedAt: 1,
      parameters: { alpha: 2 },
      metrics: Object.fromEntries(definition.metrics.map((metric) => [metric, name.length])),
      outputs: Object.fromEntries(
        Object.keys(definition.outputs).map((
          output,
        ) => [output, { path: `/${name}/${output}`, digest: "", sizeBytes: 1 }]),
      ),
    }]),
  );
const pipeline = pipelineWith((definition, request, options) => {
  asked.push([request, options]);
  const steps = report(definition);
  return Promise.resolve({
    runId: "r",
    experimentId: "1",
    parameters: { alpha: 2, "train.alpha": 3 },
    results: {},
    steps,
  });
});

const inner = pipeline("inner", {}, () => {
  const fitted = train.as("fit", {});
  return { best: fitted.model, loss: fitted.loss };
});
const wine = pipeline(
  "wine",
  { params: { alpha: float().default(1), draw: boolean().default(true) } },
  ({ alpha, draw }) => {
    const fitted = train({ alpha });
    const drawn = when(draw, () => train.as("drawn", {}));
    const folds = each(["a", "bb"], (name) => train.as(`t-${name}`, {}));
    return {
      train: fitted,
      inner: inner({}),
      best: fitted.model,
      loss: fitted.loss,
      maybe: drawn.log,
      alpha,
      data: given.file("a b/%20#.csv", file()),
      logs: folds.map(({ log }) => log),
      losses: folds.map(({ loss }) => loss),
    };
  },
);

Deno.test("run gives the parameters, metrics and paths of what a pipeline returns", async () => {
  left.clear();
  const run = await wine.run({ alpha: 2 }, { jobs: 3 });
  assert.deepEqual(asked.at(-1), [{ entryPoint: "main", parameters: { alpha: 2 }, isText: false }, {
    jobs: 3,
  }]);
  assert.deepEqual([run.runId, run.experimentId, run.params.alpha], ["r", "1", 2]);
  assert.deepEqual(run.metrics, {
    train: { loss: 5 },
    inner: { loss: 9 },
    loss: 5,
    losses: [3, 4],
  });
  assert.deepEqual(run.outputs, {
    train: { model: "/train/model", log: "/train/log" },
    inner: { best: "/inner/fit/model" },
    best: "/train/model",
    maybe: "/drawn/log",
    data: `${import.meta.dirname}/a b/%20#.csv`,
    logs: ["/t-a/log", "/t-bb/log"],
  });
  assert.equal(run.steps.train?.runId, "run of train");
});

Deno.test("what a step that was left out would have made is undefined", async () => {
  left.add("drawn");
  const run = await wine.run("main");
  assert.equal(run.outputs.maybe, undefined);
  assert.deepEqual(asked.at(-1), [{ entryPoint: "main", parameters: {}, isText: false }, {}]);
});

Deno.test("run of one step gives its own parameters, metrics and outputs", async () => {
  left.clear();
  const run = await wine.run("train", { alpha: 0.1, "t-a.alpha": 3 }, { keepGoing: true });
  assert.deepEqual(asked.at(-1), [
    { entryPoint: "train", parameters: { alpha: 0.1, "t-a.alpha": 3 }, isText: false },
    { keepGoing: true },
  ]);
  assert.equal(run.params.alpha, 2);
  assert.deepEqual(run.metrics, { loss: 5 });
  assert.deepEqual(run.outputs, { model: "/train/model", log: "/train/log" });
  const other = await wine.run("inner/fit");
  assert.deepEqual([other.metrics.loss, other.outputs.model], [9, "/inner/fit/model"]);
});
