/** Keeps what a finished step made, and remembers what its key stood for. */
import { SluiceError } from "../core/error.ts";
import type { StepReport } from "../core/event.ts";
import type { Tracker } from "../core/ports.ts";
import { type KeptPoint, resultVersion, type StepResult } from "../core/step_result.ts";
import { isSystemError } from "../core/system_error.ts";
import type { Metric, Run, RunInfo } from "../core/tracking.ts";
import type { DueStep } from "./cached_step.ts";
import { findChangedInput } from "./changed_input.ts";
import type { RunContext } from "./execute_step.ts";

const keptPoint = ({ key, value, step, timestamp }: Metric): KeptPoint => ({
  ...{ key, value: String(value) },
  ...{ step, timestamp },
});

/** A step that was executed and has finished. */
export interface Finished {
  readonly run: RunInfo;
  /** The run with all that it logged. */
  readonly logged: Run;
  readonly report: StepReport;
  readonly outputs: StepResult["outputs"];
  /** Where they lie. */
  readonly folder: string;
  /** When every process of it was dead. */
  readonly processEndedAt: number;
}

/**
 * Keeps what a finished step made. A step whose files changed while it ran is not kept, and the warning says which:
 * nobody knows what it has read. What the cache refuses is a warning, too: the step has what it needs.
 */
export async function keepResult(
  { step, resolved, reports }: DueStep,
  { run, logged, report, outputs, folder, processEndedAt }: Finished,
  { services }: RunContext,
): Promise<void> {
  const warn = (why: string) =>
    services.emit({
      is: "warning",
      at: services.clock(),
      step: step.name,
      message: `The result of step "${step.name}" is not kept as ${why}`,
    });
  const changed = services.files.findChange(step);
  if (changed !== undefined) return warn(`\`${changed}\` changed while it ran`);
  const { tracker } = services;
  const cache = await services.openCache();
  const changedInput = await findChangedInput(step, reports, cache);
  if (changedInput !== undefined) return warn(`its input \`${changedInput}\` changed since it was made`);
  const metrics = logged.metrics.filter((metric) => metric.modelId === undefined);
  const history = await readHistory(run.id, metrics, tracker);
  const result: StepResult = {
    version: resultVersion,
    key: resolved.key,
    sandbox: report.sandbox!,
    outputs,
    metrics: metrics.map(keptPoint),
    ...(history === undefined ? {} : { history: history.map(keptPoint) }),
    parameters: logged.parameters.filter(({ key }) => !(key in report.parameters)),
    tags: logged.tags.filter(({ key }) => !/^(mlflow|sluice)\./.test(key)),
    models: logged.modelOutputs,
    madeBy: {
      tracker: tracker.uri,
      runId: run.id,
      artifactUri: run.artifactUri,
      startedAt: report.startedAt,
      endedAt: processEndedAt,
    },
  };
  try {
    await cache.keep(result, folder);
  } catch (error) {
    warn(`the cache refuses: ${refusalOf(error)}`);
  }
}

/** Of more points only the latest are kept: a run that is taken from the cache is to take no time. */
const mostPoints = 5000;

/** Undefined where there are too many points. */
async function readHistory(
  runId: string,
  metrics: readonly Metric[],
  tracker: Tracker,
): Promise<Metric[] | undefined> {
  const points: Metric[] = [];
  for (const { key } of metrics) {
    const page = await tracker.getMetricHistory(runId, key, { limit: mostPoints });
    points.push(...page.items.filter((point) => point.modelId === undefined));
    if (page.nextPageToken !== undefined || points.length > mostPoints) return undefined;
  }
  return points;
}

/** What the cache, or the system below it, cannot do, such as on a disk that is full. Whatever else is thrown goes on. */
function refusalOf(error: unknown): string {
  if (error instanceof SluiceError) return error.failure.message;
  if (isSystemError(error)) return error.message;
  throw error;
}

/** Records what the key stands for, so that a later run can be told from this one; without it only `why` knows less. */
export async function recordKey(
  { step, resolved: { key, parts } }: DueStep,
  { services, sources }: RunContext,
): Promise<void> {
  try {
    const cache = await services.openCache();
    if (cache.isRecorded(key)) return;
    const [environment, texts] = await Promise.all([
      services.environments.contents(step.environment),
      services.files.texts(step),
    ]);
    await cache.record(key, {
      version: resultVersion,
      parts: parts(),
      sources: sources[step.sources] ?? {},
      ...(environment === undefined ? {} : { environment }),
    }, texts);
  } catch (error) {
    services.emit({
      is: "warning",
      at: services.clock(),
      step: step.name,
      message: `The key of step "${step.name}" is not recorded as the cache refuses: ${refusalOf(error)}`,
    });
  }
}
