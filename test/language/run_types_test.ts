/** What TypeScript promises of a run: each line compiles, or must not. Nothing here runs but the last test. */
import assert from "node:assert/strict";
import { boolean, each, float, given, int, pipeline, type StepReport, when } from "sluice";
import { crossValidation, plot, score, train, tune, Wine } from "./sketch_pipelines.ts";

/** Whether two types are the same, not merely assignable to each other. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const holds = <Expected extends true>(_?: Expected) => {};

export const running = async () => {
  const parameters = { alpha: float().default(1), seed: int(), plots: boolean().default(false) };
  const iris = pipeline("iris", { params: parameters }, ({ alpha, seed, plots }) => {
    const data = given.file("x.csv", Wine);
    const fitted = train({ data, alpha });
    const scored = score({ model: fitted.model, data });
    const drawn = when(plots, () => plot({ report: scored.report }));
    const folds = each([1, 2], (_, name) => score.as(`score-${name}`, { model: fitted.model, data }));
    return {
      train: fitted,
      score: scored,
      cv: crossValidation({}),
      best: fitted.model,
      rmse: scored.rmse,
      png: drawn.png,
      seed,
      rmses: folds.map((one) => one.rmse),
      reports: folds.map((one) => one.report),
    };
  });
  const run = await iris.run({ seed: 3, "train.shuffle": false });
  holds<Same<typeof run.params.alpha, number>>();
  holds<Same<typeof run.params.seed, number>>();
  holds<Same<typeof run.metrics.rmse, number>>();
  holds<Same<typeof run.metrics.score.r2, number>>();
  holds<Same<typeof run.metrics.cv.rmse, number>>();
  holds<Same<typeof run.metrics.rmses, readonly number[]>>();
  holds<Same<typeof run.outputs.best, string>>();
  holds<Same<typeof run.outputs.png, string | undefined>>();
  holds<Same<typeof run.outputs.reports, readonly string[]>>();
  holds<Same<typeof run.outputs.train.model, string>>();
  holds<Same<typeof run.steps, Readonly<Record<string, StepReport>>>>();
  // @ts-expect-error an output is no metric
  run.metrics.best;
  // @ts-expect-error a metric is no output
  run.outputs.rmse;
  // @ts-expect-error a parameter is neither
  run.outputs.seed;
  // @ts-expect-error a parameter without a default must be given
  await iris.run();
  // @ts-expect-error a parameter of another type
  await iris.run({ seed: "3" });
  // @ts-expect-error a misspelt parameter
  await iris.run({ seed: 3, alhpa: 1 });
  // @ts-expect-error `main` needs it as well
  await iris.run("main");
  // @ts-expect-error no such option
  await iris.run({ seed: 3 }, { job: 2 });
  const trained = await iris.run("train", { alpha: 0.1, shuffle: true }, { jobs: 2 });
  holds<Same<typeof trained.outputs.model, string>>();
  holds<Same<typeof trained.params.shuffle, boolean>>();
  // @ts-expect-error a misspelt parameter of the step
  await iris.run("train", { alhpa: 0.1 });
  // @ts-expect-error no such output
  trained.outputs.report;
  const scoredRun = await iris.run("score");
  holds<Same<typeof scoredRun.metrics.rmse, number>>();
  const other = await iris.run("score-1", { "score-1.x": 2 });
  holds<Same<typeof other.outputs.report, string | undefined>>();
  await tune.run();
  await tune.run({}, { keepGoing: true, signal: new AbortController().signal });
};

Deno.test("the types above are checked when this file is", () => assert.equal(typeof running, "function"));
