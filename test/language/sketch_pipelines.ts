/** Three pipelines a user would write: fan-out and gather, a pipeline inside a pipeline, a search with best-of. */
import { z } from "zod";
import {
  dataset,
  each,
  file,
  flag,
  given,
  many,
  model,
  optional,
  pipeline,
  python,
  sh,
  step,
  when,
} from "sluice";

export const env = python({ version: "3.12", requirements: ["scikit-learn==1.7.2", "pandas==2.3.3"] });
export const Wine = dataset({ alcohol: z.number(), quality: z.number() });

const fold = step("fold", {
  env,
  params: { k: z.number().int(), of: z.number().int().default(5) },
  inputs: { all: Wine },
  outputs: { train: Wine, test: Wine },
  command: ({ params, inputs, outputs }) =>
    sh`python fold.py ${inputs.all} ${params.k} ${params.of} ${outputs.train} ${outputs.test}`,
});
export const train = step("train", {
  env,
  params: { alpha: z.number().min(0).max(1).default(0.5), shuffle: z.boolean().default(true) },
  inputs: { data: Wine, warm: optional(model("sklearn")) },
  outputs: { model: model("sklearn") },
  command: ({ params, inputs, outputs }) =>
    sh`python train.py ${inputs.data} ${outputs.model} --alpha ${params.alpha} ${
      flag("--shuffle", params.shuffle)
    }`,
});
export const score = step("score", {
  env,
  inputs: { model: model("sklearn"), data: Wine },
  outputs: { report: file() },
  metrics: ["rmse", "r2"],
  command: ({ inputs, outputs }) => sh`python score.py ${inputs.model} ${inputs.data} ${outputs.report}`,
});
export const summary = step("summary", {
  env,
  inputs: { reports: many(file()) },
  metrics: ["rmse_mean"],
  run: ({ inputs }) => Promise.resolve({ rmse_mean: inputs.reports.length }),
});
export const notify = step("notify", { env, command: () => sh`echo done` });

// 1. Cross-validation: fan-out over a list, then gather.
export const crossValidation = pipeline("cv", { params: { alpha: train.params.alpha } }, ({ alpha }) => {
  const all = given.file("data/wine.csv", Wine);
  const folds = each([0, 1, 2, 3, 4], (k, name) => {
    const part = fold.as(`fold-${name}`, { all, k });
    const fitted = train.as(`train-${name}`, { data: part.train, alpha });
    return score.as(`score-${name}`, { model: fitted.model, data: part.test });
  });
  const mean = summary({ reports: folds.map((f) => f.report) });
  notify({}, { after: [mean] });
  return { rmse: mean.rmse_mean };
});

// 2. A pipeline inside a pipeline, a registered model, an optional step, a metric as a parameter.
const promote = step("promote", {
  env,
  params: { rmse: z.number(), limit: z.number().default(1) },
  inputs: { model: model("sklearn") },
  command: ({ params, inputs }) => sh`python promote.py ${inputs.model} ${params.rmse} ${params.limit}`,
});
export const plot = step("plot", {
  env,
  inputs: { report: file() },
  outputs: { png: file() },
  command: ({ inputs, outputs }) => sh`python plot.py ${inputs.report} ${outputs.png}`,
});
export const nightly = pipeline("nightly", { params: { plots: z.boolean().default(false) } }, ({ plots }) => {
  const checked = crossValidation({ alpha: 0.3 });
  const champion = given.registered("models:/wine@champion", model("sklearn"));
  const data = given.file("data/wine.csv", Wine);
  const fitted = train({ data, warm: champion });
  const scored = score({ model: fitted.model, data });
  const drawn = when(plots, () => plot({ report: scored.report }));
  promote({ model: fitted.model, rmse: checked.rmse }, { after: [checked] });
  return { model: fitted.model, png: drawn.png };
});

// 3. Fan-out with a best-of.
const best = step("best", {
  env,
  inputs: { models: many(model("sklearn")), reports: many(file()) },
  outputs: { model: model("sklearn") },
  command: ({ inputs, outputs }) =>
    sh`python best.py ${outputs.model} --models ${inputs.models} --reports ${inputs.reports}`,
});
export const tune = pipeline("tune", { params: {} }, () => {
  const data = given.file("data/wine.csv", Wine);
  const tried = each([0.01, 0.1, 1], (alpha, name) => {
    const fitted = train.as(`train-${name}`, { data, alpha });
    return { fitted, scored: score.as(`score-${name}`, { model: fitted.model, data }) };
  });
  const models = tried.map((t) => t.fitted.model), reports = tried.map((t) => t.scored.report);
  return { model: best({ models, reports }).model };
});
