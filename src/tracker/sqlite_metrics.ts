/** Points of metrics, of runs and of logged models, in MLflow's database. */
import type { Metric, Page } from "../core/tracking.ts";
import { refuseValue } from "./mlflow_rules.ts";
import type { Database } from "./sqlite_database.ts";
import { known, number, type Row, text } from "./sqlite_row.ts";

/** As a REAL, as `node:sqlite` throws for an integer that a JavaScript number cannot hold. */
const columns = "key, value, CAST(timestamp AS REAL) AS timestamp, CAST(step AS REAL) AS step, is_nan";

/** Rows of one statement: what a statement costs is then little beside what its rows do. */
const rowsAtOnce = 256;

const insertPoints = (count: number): string =>
  "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES " +
  `${Array(count).fill("(?, ?, ?, ?, ?, ?)").join(", ")} ON CONFLICT DO NOTHING`;

/**
 * Adds points of a run; one that is there already changes nothing. NaN is 0 with `is_nan`; infinities, which SQL
 * has none of, are the largest numbers.
 */
export function insertMetrics(database: Database, runId: string, metrics: readonly Metric[]): void {
  const rowOf = ({ key, value, timestamp, step }: Metric) =>
    [key, storedValue(value), timestamp, runId, step, Number.isNaN(value) ? 1 : 0] as const;
  let done = 0;
  for (; done + rowsAtOnce <= metrics.length; done += rowsAtOnce) {
    const rows: (number | string)[] = [];
    for (let at = done; at < done + rowsAtOnce; at++) {
      const { key, value, timestamp, step } = metrics[at]!;
      rows.push(key, storedValue(value), timestamp, runId, step, Number.isNaN(value) ? 1 : 0);
    }
    database.run(insertPoints(rowsAtOnce), ...rows);
  }
  for (const metric of metrics.slice(done)) database.run(insertPoints(1), ...rowOf(metric));
  for (const metric of latestOf(metrics)) {
    const [key, value, timestamp, , step, isNan] = rowOf(metric);
    database.run(
      "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, ?, ?) " +
        "ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value, timestamp = excluded.timestamp, " +
        "step = excluded.step, is_nan = excluded.is_nan WHERE (excluded.step, excluded.timestamp, excluded.value) > " +
        "(latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)",
      key,
      value,
      timestamp,
      step,
      isNan,
      runId,
    );
  }
}

/** Of each key. MLflow's rule: a later step, of equal steps a later time, of equal times a greater value; NaN counts as 0. */
export function latestOf(metrics: readonly Metric[]): Iterable<Metric> {
  const latest = new Map<string, Metric>();
  for (const metric of metrics) {
    const known = latest.get(metric.key);
    if (known === undefined || isLater(metric, known)) latest.set(metric.key, metric);
  }
  return latest.values();
}

function isLater(one: Metric, other: Metric): boolean {
  if (one.step !== other.step) return one.step > other.step;
  if (one.timestamp !== other.timestamp) return one.timestamp > other.timestamp;
  return storedValue(one.value) > storedValue(other.value);
}

/** Adds a point to the logged model it names; gives how many rows that changed. MLflow keeps no `is_nan` here: NaN becomes 0. */
export function insertModelMetric(
  database: Database,
  runId: string,
  experimentId: number,
  metric: Metric & { readonly modelId: string },
): number {
  return database.run(
    "INSERT INTO logged_model_metrics (model_id, metric_name, metric_timestamp_ms, metric_step, metric_value, " +
      "experiment_id, run_id, dataset_name, dataset_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    metric.modelId,
    metric.key,
    metric.timestamp,
    metric.step,
    storedValue(metric.value),
    experimentId,
    runId,
    metric.datasetName ?? null,
    metric.datasetDigest ?? null,
  );
}

/** Oldest first. The token is MLflow's: the number of points before, as base64 of JSON. */
export function metricHistory(
  database: Database,
  runId: string,
  key: string,
  page: { readonly token?: string; readonly limit?: number },
): Page<Metric> {
  const offset = page.token ? readToken(page.token) : 0;
  const rows = database.all(
    `SELECT ${columns} FROM metrics WHERE run_uuid = ? AND key = ? ORDER BY metrics.timestamp, metrics.step, value ` +
      "LIMIT ? OFFSET ?",
    runId,
    key,
    page.limit === undefined ? -1 : page.limit + 1,
    offset,
  );
  const items = rows.slice(0, page.limit ?? rows.length).map(readMetric);
  if (items.length === rows.length) return { items };
  return { items, nextPageToken: btoa(JSON.stringify({ offset: offset + items.length })) };
}

/** Every point of every metric of a run, oldest first. */
export const allPoints = (database: Database, runId: string): Metric[] =>
  database.all(
    `SELECT ${columns} FROM metrics WHERE run_uuid = ? ORDER BY key, metrics.timestamp, metrics.step, value`,
    runId,
  ).map(readMetric);

/** The last point of each metric of a run. */
export const latestMetrics = (database: Database, runIds: string): Map<string, Metric[]> =>
  groupByRun(
    database.all(
      `SELECT run_uuid, ${columns} FROM latest_metrics ` +
        "WHERE run_uuid IN (SELECT value FROM json_each(?)) ORDER BY key",
      runIds,
    ),
    readMetric,
  );

/** All that was logged to a model. */
export function modelMetrics(database: Database, modelId: string): (Metric & { readonly runId: string })[] {
  const rows = database.all(
    "SELECT metric_name AS key, metric_value AS value, CAST(metric_timestamp_ms AS REAL) AS timestamp, " +
      "CAST(metric_step AS REAL) AS step, run_id, dataset_name, dataset_digest FROM logged_model_metrics " +
      "WHERE model_id = ? ORDER BY metric_name, metric_timestamp_ms, metric_step",
    modelId,
  );
  return rows.map((row) => ({
    ...readMetric(row),
    modelId,
    runId: text(row["run_id"]),
    ...known("datasetName", row["dataset_name"], text),
    ...known("datasetDigest", row["dataset_digest"], text),
  }));
}

/** Rows by their `run_uuid`, in order. */
export function groupByRun<T>(rows: readonly Row[], read: (row: Row) => T): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const id = text(row["run_uuid"]);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [read(row)]);
    else group.push(read(row));
  }
  return groups;
}

function readMetric(row: Row): Metric {
  return {
    key: text(row["key"]),
    value: row["is_nan"] === 1 ? NaN : readValue(number(row["value"])),
    timestamp: number(row["timestamp"]),
    step: number(row["step"]),
  };
}

function storedValue(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

const readValue = (value: number) => Math.abs(value) === Number.MAX_VALUE ? value * Infinity : value;

function readToken(token: string): number {
  try {
    const { offset } = JSON.parse(atob(token));
    if (Number.isSafeInteger(offset) && offset >= 0) return offset;
  } catch {
    // Neither base64 nor JSON.
  }
  return refuseValue("Invalid page token, could not parse value");
}
