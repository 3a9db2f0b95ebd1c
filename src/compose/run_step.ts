/** `runStep` of `sluice/testing`: one step, on files of a test, in its sandbox, with nothing left behind. */
import { join } from "node:path";
import { type Failure, refuse } from "../core/error.ts";
import type { StepReport } from "../core/event.ts";
import { mainEntryPoint } from "../core/pipeline.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { removeTree } from "../core/remove_tree.ts";
import type { SandboxTier } from "../core/sandbox_tier.ts";
import { type AnyFixture, type Fixtures, loneStep } from "../dsl/lone_step.ts";
import type { Shape, Values } from "../dsl/shape.ts";
import type { Inputs, Metrics, Outputs, Step } from "../dsl/step_types.ts";
import { silentReporter } from "./start_run.ts";

/** One value of a metric. */
export interface LoggedMetric {
  /** The number, NaN and the infinities too. */
  readonly value: number;
  /** The step it was logged with; 0 by default. */
  readonly step: number;
  /** In milliseconds since 1970. */
  readonly timestamp: number;
}
/** What the step itself logged, with MLflow's client, in `SLUICE_LOG` or by `log`. */
export interface StepLogged {
  /** Besides the step's own parameters. */
  readonly params: Readonly<Record<string, string>>;
  /** Besides those of MLflow and of sluice. */
  readonly tags: Readonly<Record<string, string>>;
  /** Every value of each metric, oldest first. */
  readonly metrics: Readonly<Record<string, readonly LoggedMetric[]>>;
}
/** What a step made. Everything is removed by `close`, or where an `await using` ends. */
export interface StepMade<P extends Shape, O extends Outputs, M extends string> extends AsyncDisposable {
  /** Every parameter that was in effect. */
  readonly params: Values<P>;
  /** The last value of each metric; those that the step promises are known to TypeScript. */
  readonly metrics: Metrics<M>;
  /** Absolute paths. */
  readonly outputs: { readonly [N in keyof O]: string };
  /** What it printed. */
  readonly log: string;
  /** What it logged. */
  readonly logged: StepLogged;
  /** What held its process. */
  readonly sandbox: SandboxTier;
  /** Removes its outputs and the tracker it was recorded in. Once is enough. */
  close(): Promise<void>;
}

/**
 * Runs one step by itself, as a pipeline would: in its environment, in its sandbox, its outputs checked.
 *
 * It is recorded in a tracker in a temporary folder; nothing is written beside the step but a lock for an environment
 * that has none. Results that were kept are not taken unless `useCache` says so.
 * Throws a `SluiceError` when the step fails, with the last lines that it printed, and as a pipeline does for what is
 * wrong before.
 *
 * ```ts
 * Deno.test("a model is better than a guess", async () => {
 *   await using made = await runStep(train, { params: { alpha: 0.1 }, inputs: { data: "fixtures/wine.csv" } });
 *   assert.ok(made.metrics.rmse < 0.8);
 *   assert.match(await Deno.readTextFile(`${made.outputs.model}/MLmodel`), /sklearn/);
 * });
 * ```
 */
export function runStep<P extends Shape, I extends Inputs, O extends Outputs, M extends string>(
  step: Step<P, I, O, M>,
  ...fixtures: Fixtures<P, I>
): Promise<StepMade<P, O, M>> {
  const [fixture = {}] = fixtures as readonly AnyFixture[];
  return runLone(step, fixture, runStep) as unknown as Promise<StepMade<P, O, M>>;
}

async function runLone(step: unknown, fixture: AnyFixture, called: (...given: never[]) => unknown) {
  const definition = loneStep(step, fixture, called);
  const { params: _, inputs: __, ...options } = fixture;
  const { executeRequest } = await import("./execute_request.ts");
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-step-" }));
  const close = () => removeTree(folder).catch(ignoreMissing);
  try {
    const trackingUri = `sqlite:///${join(folder, "mlflow.db")}`;
    const request = { entryPoint: mainEntryPoint, parameters: {}, isText: false };
    const { status, outcome, failure } = await executeRequest(definition, request, {
      useCache: false,
      ...options,
      trackingUri,
      reporter: silentReporter,
    });
    const report = outcome.steps[definition.name];
    if (status !== "finished" || report === undefined) return refuse(failureOf(report, failure));
    return { ...await readMade(report, trackingUri, folder), close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

const ignoreMissing = (error: unknown): void => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
};

/** The step's failure, with the last lines that it printed; its whole log is gone with the folder. */
function failureOf(report: StepReport | undefined, failure: Failure | undefined): Failure {
  if (report?.outcome.is !== "failed") {
    return failure ??
      { code: "RUN_FAILED", message: "Cannot run the step by itself as its run did not finish" };
  }
  const { failure: own, lastLines } = report.outcome;
  const details = [...(own.details === undefined ? [] : [own.details]), ...lastLines].join("\n");
  return { ...own, ...(details === "" ? {} : { details }) };
}

async function readMade(report: StepReport, trackingUri: string, workingFolder: string) {
  const { openTracker } = await import("./open_tracker.ts");
  const tracker = await openTracker({ uri: trackingUri, workingFolder, variables: {}, create: false });
  try {
    const { info, parameters, tags, metrics } = await tracker.getRun(report.runId);
    const names = Object.keys(report.parameters);
    return {
      params: report.parameters,
      metrics: report.metrics,
      outputs: Object.fromEntries(Object.entries(report.outputs).map(([name, { path }]) => [name, path])),
      log: await readLog(tracker, info.artifactUri),
      logged: {
        params: byKey(parameters.filter(({ key }) => !names.includes(key))),
        tags: byKey(tags.filter(({ key }) => !/^(mlflow|sluice)\./.test(key))),
        metrics: Object.fromEntries(
          await Promise.all(
            metrics.map(async ({ key }) => [key, await readPoints(tracker, info.id, key)]),
          ),
        ),
      },
      sandbox: report.sandbox,
    };
  } finally {
    await tracker.close();
  }
}

const byKey = (pairs: readonly { readonly key: string; readonly value: string }[]) =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, value]));

async function readPoints(tracker: Tracker, runId: string, key: string): Promise<LoggedMetric[]> {
  const points: LoggedMetric[] = [];
  let token: string | undefined;
  do {
    const page = await tracker.getMetricHistory(runId, key, token === undefined ? {} : { token });
    points.push(...page.items.map(({ value, step, timestamp }) => ({ value, step, timestamp })));
    token = page.nextPageToken;
  } while (token !== undefined);
  return points;
}

/** Empty where there is none, as for a result that was kept. */
async function readLog({ artifacts }: Tracker, location: string): Promise<string> {
  const logs = await artifacts.list(location, "logs");
  if (!logs.some(({ path }) => path === "logs/output.log")) return "";
  return await new Response(await artifacts.read(location, "logs/output.log")).text();
}
