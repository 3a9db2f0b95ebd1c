/**
 * Beginnings and ends of many runs. Those that come together are put down together: what a thousand of them have in
 * one key goes in by one statement, and their ids follow each other, so that each index grows at one place: with random ids
 * every page of it would be touched, and the work would grow with what the tracker holds.
 */
import type { EndedRun, LoggedParameter, ModelOutput, RunEnd, RunInfo, Tag } from "../core/tracking.ts";
import { checkMetrics, checkParameter, checkParameterKeysUnique, checkTag } from "./mlflow_rules.ts";
import type { Database } from "./sqlite_database.ts";
import { getActiveExperiment } from "./sqlite_experiments.ts";
import { insertOutputs } from "./sqlite_inputs.ts";
import { insertMetrics } from "./sqlite_metrics.ts";
import { endActiveRun, insertRun, logBatch, nameTag, newRunInfo, updateRun } from "./sqlite_runs.ts";

/** A run that has just begun. */
export interface BegunRun {
  readonly info: RunInfo;
  readonly tags: readonly Tag[];
  readonly parameters: readonly LoggedParameter[];
}

const idCounts = 2 ** 32;
let nextCount = crypto.getRandomValues(new Uint32Array(1))[0]!;

/**
 * 32 hex digits each, as MLflow's are. The first eight, by which people call runs, count from a number that is random
 * for each process; the rest is random.
 */
export function newOrderedIds(count: number): string[] {
  return Array.from({ length: count }, () => {
    const first = nextCount.toString(16).padStart(8, "0");
    nextCount = (nextCount + 1) % idCounts;
    return first + crypto.getRandomValues(new Uint8Array(12)).toHex();
  });
}

/** Throws BAD_REQUEST for an id that is taken; then there is none of them. */
export function insertBegunRuns(database: Database, runs: readonly BegunRun[]): void {
  const table = openRunTable();
  for (const { info, tags, parameters } of runs) {
    checkParameterKeysUnique(parameters);
    table.put(database, info, tags, parameters);
  }
  table.insert(database);
}

/** Throws RESOURCE_DOES_NOT_EXIST, and what logging throws; all or nothing. */
export function endRun(database: Database, id: string, end: RunEnd): void {
  const { parameters = [], metrics = [], tags = [], models = [] } = end;
  const isPlain = parameters.length + metrics.length + tags.length + models.length === 0;
  if (isPlain && endActiveRun(database, id, end)) return;
  logBatch(database, id, end);
  insertModels(database, id, end.models);
  updateRun(database, id, { status: end.status, endedAt: end.endedAt });
}

/** The runs, in the order they are given. Of a key that a run has twice the last value counts. */
export function insertEndedRuns(database: Database, runs: readonly EndedRun[]): RunInfo[] {
  const ids = newOrderedIds(runs.length);
  const locations = new Map<string, string>();
  const table = openRunTable();
  const infos = runs.map((run, index) => {
    const location = locations.get(run.experimentId) ??
      getActiveExperiment(database, run.experimentId).artifactLocation;
    locations.set(run.experimentId, location);
    const { status, endedAt } = run;
    const info = { ...newRunInfo({ ...run, id: ids[index]! }, location), status, endedAt };
    table.put(database, info, run.tags, run.parameters ?? []);
    return info;
  });
  table.insert(database);
  for (const [index, { metrics = [], models }] of runs.entries()) {
    const { id } = infos[index]!;
    checkMetrics(metrics);
    insertMetrics(database, id, metrics);
    insertModels(database, id, models);
  }
  return infos;
}

/** Rows of runs at once, their tags and parameters together at the end. */
function openRunTable() {
  const tags = openColumns(checkTag);
  const parameters = openColumns(checkParameter);
  return {
    put(
      database: Database,
      info: RunInfo,
      runTags: readonly Tag[],
      runParameters: readonly LoggedParameter[],
    ): void {
      insertRun(database, info);
      for (const tag of runTags) tags.put(info.id, tag);
      tags.put(info.id, { key: nameTag, value: info.name });
      for (const parameter of runParameters) parameters.put(info.id, parameter);
    },
    insert(database: Database): void {
      tags.insert(database, "tags");
      parameters.insert(database, "params");
    },
  };
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
