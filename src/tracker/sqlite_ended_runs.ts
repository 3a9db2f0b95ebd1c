/**
 * Ends of runs. Those that have ended before they are recorded are put down together: what a thousand of them have in
 * one key goes in by one statement, and their ids are in order, so that each index is walked once.
 */
import type { EndedRun, ModelOutput, RunEnd, RunInfo } from "../core/tracking.ts";
import { checkMetric, checkParameter, checkTag } from "./mlflow_rules.ts";
import type { Database } from "./sqlite_database.ts";
import { getActiveExperiment } from "./sqlite_experiments.ts";
import { insertOutputs, newId } from "./sqlite_inputs.ts";
import { insertMetric } from "./sqlite_metrics.ts";
import { insertRun, logBatch, nameTag, newRunInfo, updateRun } from "./sqlite_runs.ts";

export function endRun(database: Database, id: string, end: RunEnd): void {
  logBatch(database, id, end);
  insertModels(database, id, end.models);
  updateRun(database, id, { status: end.status, endedAt: end.endedAt });
}

/** The runs, in the order they are given. Of a key that a run has twice the last value counts. */
export function insertEndedRuns(database: Database, runs: readonly EndedRun[]): RunInfo[] {
  const ids = runs.map(newId).sort();
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

/** Values by key, and then by run. */
function openColumns(check: (pair: Pair, path: string) => Pair) {
  /** Of each key the members of a JSON object: a run's id, which needs no escape, and its value. */
  const columns = new Map<string, string[]>();
  /** As many runs have the same text, it is checked and escaped once. */
  const checked = new Map<string, { readonly column: string[]; readonly json: string }>();
  return {
    put(runId: string, pair: Pair): void {
      const name = `${pair.key}\n${pair.value}`;
      let known = checked.get(name);
      if (known === undefined) {
        const { key, value } = check(pair, "tags");
        let column = columns.get(key);
        if (column === undefined) columns.set(key, column = []);
        known = { column, json: JSON.stringify(value.toWellFormed()) };
        if (checked.size < mostRemembered) checked.set(name, known);
      }
      known.column.push(`"${runId}":${known.json}`);
    },
    insert(database: Database, table: "params" | "tags"): void {
      for (const [key, members] of columns) {
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

/** Keys and digests are of one run each: to remember them all would be for nothing. */
const mostRemembered = 1000;
