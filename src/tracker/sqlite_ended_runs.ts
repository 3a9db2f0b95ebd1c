/**
 * Ends of runs. Those that have ended before they are recorded are put down together: what a thousand of them have in
 * one key goes in by one statement, and their ids go up with time, so that each index grows at one place: with random ids
 * every page of it would be touched, and the work would grow with what the tracker holds.
 */
import type { EndedRun, ModelOutput, RunEnd, RunInfo } from "../core/tracking.ts";
import { checkMetric, checkParameter, checkTag } from "./mlflow_rules.ts";
import type { Database } from "./sqlite_database.ts";
import { getActiveExperiment } from "./sqlite_experiments.ts";
import { insertOutputs } from "./sqlite_inputs.ts";
import { insertMetric } from "./sqlite_metrics.ts";
import { insertRun, logBatch, nameTag, newRunInfo, updateRun } from "./sqlite_runs.ts";

/** 32 hex digits each, as MLflow's are: those of UUIDs of version 7 (RFC 9562), sorted. `now` is in milliseconds. */
function newOrderedIds(count: number, now: number): string[] {
  const time = now.toString(16).padStart(12, "0");
  const ids = Array.from({ length: count }, () => {
    const bytes = crypto.getRandomValues(new Uint8Array(10));
    bytes[0] = (bytes[0]! & 0x0f) | 0x70;
    bytes[2] = (bytes[2]! & 0x3f) | 0x80;
    return time + bytes.toHex();
  });
  return ids.sort();
}

export function endRun(database: Database, id: string, end: RunEnd): void {
  logBatch(database, id, end);
  insertModels(database, id, end.models);
  updateRun(database, id, { status: end.status, endedAt: end.endedAt });
}

/** The runs, in the order they are given; `now` is in milliseconds. Of a key that a run has twice the last value counts. */
export function insertEndedRuns(database: Database, now: number, runs: readonly EndedRun[]): RunInfo[] {
  const ids = newOrderedIds(runs.length, now);
  const locations = new Map<string, string>();
  const tags = openColumns(checkTag);
  const parameters = openColumns(checkParameter);
  const infos = runs.map((run, index) => {
    const location = locations.get(run.experimentId) ??
      getActiveExperiment(database, run.experimentId).artifactLocation;
    locations.set(run.experimentId, location);
    const { status, endedAt } = run;
    const info = { ...newRunInfo({ ...run, id: ids[index]! }, location), status, endedAt };
    insertRun(database, info);
    for (const tag of run.tags) tags.put(info.id, tag);
    tags.put(info.id, { key: nameTag, value: info.name });
    for (const parameter of run.parameters ?? []) parameters.put(info.id, parameter);
    return info;
  });
  tags.insert(database, "tags");
  parameters.insert(database, "params");
  for (const [index, { metrics = [], models }] of runs.entries()) {
    const { id } = infos[index]!;
    for (const [at, metric] of metrics.entries()) {
      checkMetric(metric, `metrics[${at}]`);
      insertMetric(database, id, metric);
    }
    insertModels(database, id, models);
  }
  return infos;
}

function insertModels(database: Database, id: string, models: readonly ModelOutput[] = []): void {
  insertOutputs(database, id, models.filter(({ modelId }) => isThere(database, modelId)));
}

const isThere = (database: Database, modelId: string): boolean =>
  database.get("SELECT 1 FROM logged_models WHERE model_id = ?", modelId) !== undefined;

interface Pair {
  readonly key: string;
  readonly value: string;
}

/** All that the runs have under one key. */
interface Column {
  /** The members of a JSON object: a run's id, which needs no escape, and its value. */
  readonly members: string[];
  /** Many runs have the same text one after the other: it is checked and escaped once. */
  last: { readonly text: string; readonly json: string } | undefined;
}

/** Values by key, and then by run. */
function openColumns(check: (pair: Pair, path: string) => Pair) {
  const columns = new Map<string, Column>();
  return {
    put(runId: string, { key, value }: Pair): void {
      let column = columns.get(key);
      if (column === undefined) columns.set(key, column = { members: [], last: undefined });
      if (column.last?.text !== value) {
        const json = JSON.stringify(check({ key, value }, "tags").value.toWellFormed());
        column.last = { text: value, json };
      }
      column.members.push(`"${runId}":${column.last!.json}`);
    },
    insert(database: Database, table: "params" | "tags"): void {
      for (const [key, { members }] of columns) {
        database.run(
          `INSERT INTO ${table} (key, value, run_uuid) SELECT ?, each.value, each.key FROM json_each(?) AS each ` +
            "WHERE true ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value",
          key,
          `{${members.join(",")}}`,
        );
      }
    },
  };
}
