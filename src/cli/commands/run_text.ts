/** Words for recorded runs. */
import { type Metric, type MlflowRunStatus, type Run, tagOf } from "../../core/tracking.ts";
import { formatDuration } from "../../terminal/human_units.ts";
import type { Colour } from "../../terminal/paint.ts";
import type { Cell } from "../../terminal/table.ts";

const statuses: Readonly<Record<MlflowRunStatus, readonly [mark: string, word: string, colour: Colour]>> = {
  FINISHED: ["✓", "finished", "green"],
  FAILED: ["✗", "failed", "red"],
  KILLED: ["■", "killed", "yellow"],
  RUNNING: ["▶", "running", "blue"],
  SCHEDULED: ["·", "scheduled", "dim"],
};

export const statusMark = (run: Run): Cell => {
  const [text, , colour] = wordsOf(run);
  return { text, colour };
};

export const statusCell = (run: Run): Cell => {
  const [, text, colour] = wordsOf(run);
  return { text, colour };
};

/** MLflow knows no status of its own for a result that was taken from the cache: a tag says it. */
const wordsOf = (run: Run) =>
  run.info.status === "FINISHED" && tagOf(run, "sluice.cache") === "cached"
    ? ["≡", "cached", "green"] as const
    : statuses[run.info.status];

/** Empty for a run that has not ended. */
export const durationText = ({ info }: Run): string =>
  info.endedAt === undefined ? "" : formatDuration(info.endedAt - info.startedAt);

/** By key; of several points with one key, those of datasets and models are left out. */
export function metricValues(run: Run): Record<string, number> {
  const values = new Map<string, number>();
  for (const metric of run.metrics) {
    if (isOwn(metric) || !values.has(metric.key)) values.set(metric.key, metric.value);
  }
  return Object.fromEntries(values);
}

const isOwn = (metric: Metric) => metric.modelId === undefined && metric.datasetName === undefined;

/** Plain JSON of a run, with records in place of lists. */
export function runJson(run: Run): Record<string, unknown> {
  return {
    ...run.info,
    params: Object.fromEntries(run.parameters.map(({ key, value }) => [key, value])),
    metrics: metricValues(run),
    tags: Object.fromEntries(run.tags.map(({ key, value }) => [key, value])),
    models: run.modelOutputs.map(({ modelId }) => modelId),
  };
}
