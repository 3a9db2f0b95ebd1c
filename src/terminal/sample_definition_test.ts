/** A small pipeline as plain data, and the events of a run of it, for the tests of this folder. */
import type { Event, StepReport } from "../core/event.ts";
import type { ParameterSpec } from "../core/parameter.ts";
import { noLimits, noPermissions } from "../core/permissions.ts";
import type { PipelineDefinition, StepDefinition, StepUse } from "../core/pipeline.ts";

const module = "file:///work/wine/pipeline.ts";

function stepDefinition(
  name: string,
  description: string,
  parameters: Record<string, ParameterSpec> = {},
): StepDefinition {
  return {
    name,
    description,
    module,
    place: { file: module, line: 3 },
    environment: { kind: "host" },
    parameters,
    inputs: {},
    outputs: {},
    metrics: [],
    body: { is: "command", command: { words: [] } },
    permissions: noPermissions,
    limits: noLimits,
  };
}

function stepUse(definition: StepDefinition, rest: Partial<StepUse> = {}): StepUse {
  const parameters = Object.keys(definition.parameters);
  return {
    name: definition.name,
    definition,
    arguments: Object.fromEntries(
      parameters.map((name) => [name, { is: "parameter", name: `${rest.name ?? definition.name}.${name}` }]),
    ),
    inputs: {},
    after: [],
    conditions: [],
    place: { file: module, line: 20 },
    ...rest,
  };
}

const preprocess = stepDefinition("preprocess", "Split the data", { seed: { type: "int", default: 7 } });
const train = stepDefinition("train", "Fit a model", {
  alpha: { type: "float", min: 0, max: 1 },
  batch_size: { type: "int", min: 8, max: 256 },
});
const fold = stepDefinition("fold", "Fit one fold");
const notify = stepDefinition("notify", "Say that it is done", { jobs: { type: "string", default: "" } });

/** Entry points: main, preprocess, train, fold-0 to fold-2, notify. */
export const wine: PipelineDefinition = {
  name: "wine",
  description: "How good a wine is",
  module,
  place: { file: module, line: 30 },
  parameters: {
    alpha: { type: "float", min: 0, max: 1, default: 0.5, description: "Regularisation strength" },
    batch_size: { type: "int", min: 8, max: 256, default: 32 },
    shuffle: { type: "boolean", default: true },
    kind: { type: "choice", choices: ["red", "white"], default: "red" },
    title: { type: "string", default: "" },
    "preprocess.seed": { type: "int", default: 7, description: "Of the random split" },
    "notify.jobs": { type: "string", default: "", description: "Who to tell" },
  },
  steps: [
    stepUse(preprocess),
    stepUse(train, {
      arguments: {
        alpha: { is: "parameter", name: "alpha" },
        batch_size: { is: "parameter", name: "batch_size" },
        shuffle: { is: "parameter", name: "shuffle" },
        kind: { is: "parameter", name: "kind" },
        title: { is: "parameter", name: "title" },
      },
      after: ["preprocess"],
    }),
    ...[0, 1, 2].map((index) => stepUse(fold, { name: `fold-${index}`, family: "fold-*" })),
    stepUse(notify, { after: ["train", "fold-0", "fold-1", "fold-2"] }),
  ],
  results: { model: { is: "output", step: "train", output: "model" } },
};

export const runId = "0123456789abcdef0123456789abcdef";

export function report(step: string, rest: Partial<StepReport> = {}): StepReport {
  return {
    step,
    runId: `${step}-run`,
    outcome: { is: "finished" },
    startedAt: 1000,
    endedAt: 2200,
    parameters: {},
    metrics: {},
    outputs: {},
    ...rest,
  };
}

export const started = (
  steps: readonly string[],
  rest: Partial<Extract<Event, { is: "run-started" }>> = {},
): Event => ({
  is: "run-started",
  at: 0,
  version: 2,
  pipeline: "wine",
  entryPoint: "main",
  runId,
  runName: "bold-carp-12",
  experiment: "wine",
  tracker: "sqlite:////work/mlflow.db",
  parameters: {},
  steps: steps.map((step) => ({ step, needs: [] })),
  skipped: [],
  ...rest,
});

export const stepStarted = (step: string, at: number, attempt = 1): Event => ({
  is: "step-started",
  at,
  step,
  runId: `${step}-run`,
  attempt,
  sandbox: "bubblewrap",
});

/** A run in which `train` fails and `notify` is blocked. */
export const failingRun: readonly Event[] = (() => {
  const preprocessed = report("preprocess", {
    metrics: { rows: 150 },
    outputs: { train: { path: "/work/mlruns/1/a/train.csv", digest: "sha256:0", sizeBytes: 3400 } },
  });
  const failed = report("train", {
    startedAt: 2200,
    endedAt: 2600,
    outcome: {
      is: "failed",
      failure: {
        code: "STEP_FAILED",
        message: 'Step "train" ended with exit code 3',
        at: { file: "pipeline.ts", line: 12, within: ['step "train"'] },
        hint: "Read its last lines, or its whole log",
      },
      log: "/work/mlruns/1/b/logs/output.log",
      lastLines: ["Traceback", "ValueError: \u001b[31mred\u001b[0m \u001b]0;title\u0007"],
    },
  });
  const blocked = report("notify", { runId: "", outcome: { is: "blocked", step: "train" }, endedAt: 1000 });
  return [
    started(["preprocess", "train", "notify"]),
    { is: "environment-progress", at: 1, environment: "python 3.12", progress: { is: "resolving" } },
    { is: "environment-ready", at: 900, environment: "python 3.12", isNew: true, tookMs: 899 },
    stepStarted("preprocess", 1000),
    { is: "step-output", at: 1100, step: "preprocess", stream: "stdout", line: "reading" },
    { is: "step-ended", at: 2200, ...preprocessed },
    stepStarted("train", 2200),
    { is: "step-metric", at: 2300, step: "train", metric: "loss", value: NaN, index: 3 },
    { is: "step-ended", at: 2600, ...failed },
    { is: "step-ended", at: 2600, ...blocked },
    {
      is: "run-ended",
      at: 2600,
      runId,
      status: "failed",
      steps: [preprocessed, failed, blocked],
      ...(failed.outcome.is === "failed" ? { failure: failed.outcome.failure } : {}),
    },
  ];
})();
