/** Keeps what a finished step made, and remembers what its key stood for. */
import type { Digest } from "../core/digest.ts";
import { SluiceError } from "../core/error.ts";
import type { StepReport } from "../core/event.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { type KeptPoint, pathsOf, resultVersion, type StepResult } from "../core/step_result.ts";
import { isSystemError } from "../core/system_error.ts";
import type { Metric, RunInfo } from "../core/tracking.ts";
import type { Attempted } from "./attempt_step.ts";
import type { DueStep } from "./cached_step.ts";
import { findChangedInput } from "./changed_input.ts";
import type { Look } from "./keeper.ts";
import type { RunContext } from "./run_context.ts";

const keptPoint = ({ key, value, step, timestamp }: Metric): KeptPoint => ({
  ...{ key, value: String(value) },
  ...{ step, timestamp },
});

/** A step that was executed and has finished. */
export interface Finished {
  readonly run: RunInfo;
  readonly report: StepReport;
  readonly ended: Attempted;
}

/**
 * Forces what a finished step made to disk, and keeps its result. Throws DISK_FULL and TRACKER_WRITE_FAILED.
 *
 * A step whose files changed while it ran is not kept, and the warning says which: nobody knows what it has read. What the
 * cache refuses is a warning, too: the step has what it needs.
 */
export const keepOutputs = (due: DueStep, finished: Finished, context: RunContext): Promise<void> =>
  context.keeper.keep(async (look) => {
    const { run, ended } = finished;
    const { artifacts } = context.services.tracker;
    const folder = artifacts.localFolder(run.artifactUri);
    if (folder !== undefined) await artifacts.secure(run.artifactUri, pathsOf(ended.kept));
    if (due.step.cache) await keepResult(due, finished, folder ?? ended.folder!, look, context);
  });

async function keepResult(
  { step, resolved, reports }: DueStep,
  { run, report, ended }: Finished,
  folder: string,
  look: Look,
  { services, cache }: RunContext,
): Promise<void> {
  if (cache === undefined) return;
  const { logged } = ended;
  const warn = (why: string) =>
    services.emit({
      is: "warning",
      at: services.clock(),
      step: step.name,
      message: `The result of step "${step.name}" is not kept as ${why}`,
    });
  const changed = look.findChange(step);
  if (changed !== undefined) return warn(`\`${changed}\` changed while it ran`);
  const { tracker } = services;
  const changedInput = await findChangedInput(step, reports, cache);
  if (changedInput !== undefined) return warn(`its input \`${changedInput}\` changed since it was made`);
  const metrics = (logged?.metrics ?? []).filter((metric) => metric.modelId === undefined);
  const history = await readHistory(run.id, metrics, tracker);
  const result: StepResult = {
    version: resultVersion,
    key: resolved.key,
    sandbox: report.sandbox!,
    outputs: ended.kept,
    metrics: metrics.map(keptPoint),
    ...(history === undefined ? {} : { history: history.map(keptPoint) }),
    parameters: (logged?.parameters ?? []).filter(({ key }) => !(key in report.parameters)),
    tags: (logged?.tags ?? []).filter(({ key }) => !/^(mlflow|sluice)\./.test(key)),
    models: logged?.modelOutputs ?? [],
    madeBy: {
      tracker: tracker.uri,
      runId: run.id,
      artifactUri: run.artifactUri,
      startedAt: report.startedAt,
      endedAt: ended.processEndedAt!,
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
  { services, cache, sources, recordedSources }: RunContext,
): Promise<void> {
  if (cache === undefined) return;
  const isNew = !recordedSources.has(step.sources);
  recordedSources.add(step.sources);
  try {
    if (cache.isRecorded(key)) return;
    const [environment, texts] = await Promise.all([
      services.environments.contents(step.environment),
      isNew ? services.files.texts(step) : new Map<Digest, Uint8Array>(),
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
