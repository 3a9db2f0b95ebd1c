import assert from "node:assert/strict";
import type { ProducedOutput } from "../../src/core/event.ts";
import { runSluice, workingFolder } from "../run/run_project.ts";
import { readVerified } from "../verify/verify_project.ts";
import { realTest } from "../real_part.ts";
import { parentsOf, readRecorded, runFile, stepsOf } from "./recorded.ts";

const folds = [0, 1, 2, 3, 4];

/** All of it once, with fewer trees than by default; what is on disk is read before the folder goes. */
async function runFlights() {
  await using folder = await workingFolder();
  const { events } = await runFile(
    "pipelines/flights/pipeline.ts",
    ["--iterations", "40", "--json"],
    folder.path,
  );
  const recorded = await readRecorded(folder.path);
  const outputs = new Map<string, ProducedOutput>(
    events.flatMap((event) =>
      event.is === "step-ended"
        ? Object.entries(event.outputs).map(([name, output]) => [`${event.step}.${name}`, output] as const)
        : []
    ),
  );
  const read = (name: string) => Deno.readTextFile(outputs.get(name)!.path);
  const verified = await runSluice(["verify", "--json", "--quiet"], folder.path);
  return {
    recorded,
    verified,
    parent: parentsOf(recorded)[0]!,
    steps: stepsOf(recorded, parentsOf(recorded)[0]!),
    flights: (await read("prepare.flights")).split("\n").length - 2,
    assigned: (await read("split.assigned")).trim().split("\n"),
    summary: JSON.parse(await read("summarize.summary")),
    report: JSON.parse(await read("evaluate.report")),
    plot: await Deno.readFile(outputs.get("evaluate.plot")!.path),
  };
}
let running: ReturnType<typeof runFlights> | undefined;
const flights = () => running ??= runFlights();

realTest(
  ["uv", "mlflow"],
  "flights: all 336,776 flights are read, and those that arrived are kept",
  async () => {
    const { steps, flights: rows } = await flights();
    assert.deepEqual(steps["prepare"]!.metrics, { scheduled: 336_776, flown: 327_346 });
    assert.equal(rows, 327_346);
  },
);

realTest(["uv", "mlflow"], "flights: every day has one fold, given by a TypeScript step", async () => {
  const { assigned, steps } = await flights();
  assert.equal(assigned[0], "month,day,fold");
  const days = assigned.slice(1).map((row) => row.split(","));
  assert.equal(new Set(days.map(([month, day]) => `${month}-${day}`)).size, 365);
  assert.deepEqual([...new Set(days.map(([, , fold]) => Number(fold)))].sort(), folds);
  assert.deepEqual(steps["split"]!.params, { folds: "5", seed: "0" });
});

realTest(
  ["uv", "mlflow"],
  "flights: each fold is trained in a run of its own and beats the mean",
  async () => {
    const { parent, steps } = await flights();
    assert.equal(parent.status, "FINISHED");
    const named = ["prepare", "split", "summarize", "evaluate", ...folds.map((fold) => `train-${fold}`)];
    assert.deepEqual(Object.keys(steps).sort(), named.sort());
    for (const fold of folds) {
      const run = steps[`train-${fold}`]!;
      assert.equal(run.status, "FINISHED");
      assert.deepEqual(run.params, { fold: `${fold}`, iterations: "40", learning_rate: "0.1" });
      assert.ok(run.metrics["rmse"]! < run.metrics["baseline_rmse"]! * 0.97, JSON.stringify(run.metrics));
      assert.ok(run.artifacts.includes("model/MLmodel") && run.artifacts.includes("report.json"));
    }
  },
);

realTest(
  ["uv", "mlflow"],
  "flights: the folds' errors are gathered, and their mean is a parameter of the next step",
  async () => {
    const { steps, summary, report } = await flights();
    const { rmse_mean, rmse_spread, baseline_rmse } = steps["summarize"]!.metrics;
    const errors = folds.map((fold) => steps[`train-${fold}`]!.metrics["rmse"]!);
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    assert.ok(Math.abs(rmse_mean! - mean) < 1e-9);
    assert.ok(rmse_spread! > 0 && rmse_mean! < baseline_rmse!);
    assert.deepEqual(summary.folds.map((fold: { fold: number }) => fold.fold), folds);
    assert.equal(Number(steps["evaluate"]!.params["rmse_mean"]), rmse_mean);
    assert.equal(report.rmse_mean, rmse_mean);
    assert.ok(steps["evaluate"]!.metrics["r2"]! > 0.05);
  },
);

realTest(["uv", "mlflow"], "flights: the evaluation leaves a picture", async () => {
  const { plot, steps } = await flights();
  assert.deepEqual([...plot.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  assert.ok(plot.length > 10_000);
  assert.deepEqual(steps["evaluate"]!.artifacts, ["logs/output.log", "plot.png", "report.json"]);
});

realTest(
  ["uv", "mlflow"],
  "flights: made again in environments made anew, all of it is the same",
  async () => {
    const { verified, steps } = await flights();
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    const { items } = readVerified(verified);
    assert.deepEqual([...new Set(items.map(({ step }) => step))].sort(), Object.keys(steps).sort());
    assert.deepEqual(items.filter(({ verdict }) => verdict !== "same"), []);
  },
);
