/** Runs with their parameters and tags in MLflow's database. */
import { reprOfText } from "../core/python_repr.ts";
import type {
  LoggedParameter,
  MlflowRunStatus,
  NewRun,
  Run,
  RunBatch,
  RunEnd,
  RunInfo,
  RunUpdate,
  Tag,
} from "../core/tracking.ts";
import { TrackingError } from "../core/tracking.ts";
import { below } from "./artifact_location.ts";
import {
  checkMetrics,
  checkParameter,
  checkParameterKeysUnique,
  checkTag,
  refuseValue,
} from "./mlflow_rules.ts";
import { randomName } from "./random_name.ts";
import type { Database } from "./sqlite_database.ts";
import { getActiveExperiment } from "./sqlite_experiments.ts";
import { inputsAndOutputs, newId } from "./sqlite_inputs.ts";
import { groupByRun, insertMetrics, insertModelMetric, latestMetrics } from "./sqlite_metrics.ts";
import { known, number, type Row, text } from "./sqlite_row.ts";

export const runColumns =
  "run_uuid, name, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri, " +
  "experiment_id";
export const nameTag = "mlflow.runName";

/** A new run as it will be recorded; without a name it is given one. `location` is that of its experiment's artifacts. */
export function newRunInfo(run: NewRun, location: string): RunInfo {
  const tagged = run.tags.find(({ key }) => key === nameTag)?.value;
  if (run.name !== "" && tagged !== undefined && tagged !== run.name) {
    refuseValue(
      "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values " +
        `(run_name='${run.name}', mlflow.runName='${tagged}').`,
    );
  }
  const id = run.id ?? newId();
  return {
    id,
    name: run.name || tagged || randomName(),
    experimentId: run.experimentId,
    status: "RUNNING",
    startedAt: run.startedAt,
    artifactUri: run.artifactUri ?? below(location, id, "artifacts"),
    lifecycleStage: "active",
    user: run.user,
  };
}

/** Throws RESOURCE_ALREADY_EXISTS for an id that is taken. */
export function createRun(database: Database, run: NewRun): RunInfo {
  const experiment = getActiveExperiment(database, run.experimentId);
  const info = newRunInfo(run, experiment.artifactLocation);
  if (database.get("SELECT 1 FROM runs WHERE run_uuid = ?", info.id) !== undefined) {
    throw new TrackingError("RESOURCE_ALREADY_EXISTS", `Run with id=${info.id} already exists`);
  }
  insertRun(database, info);
  const tags = new Map(run.tags.map(({ key, value }) => [key, value]));
  for (const [key, value] of tags.set(nameTag, info.name)) putTag(database, info.id, { key, value });
  return getRunInfo(database, info.id);
}

/** The row alone. */
export function insertRun(database: Database, info: RunInfo): void {
  database.run(
    "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, " +
      "end_time, source_version, lifecycle_stage, artifact_uri, experiment_id) " +
      "VALUES (?, ?, 'UNKNOWN', '', '', ?, ?, ?, ?, '', 'active', ?, ?)",
    info.id,
    info.name,
    info.user,
    info.status,
    info.startedAt,
    info.endedAt ?? null,
    info.artifactUri,
    Number(info.experimentId),
  );
}

/** Throws RESOURCE_DOES_NOT_EXIST. */
function getRunInfo(database: Database, id: string): RunInfo {
  const row = database.get(`SELECT ${runColumns} FROM runs WHERE run_uuid = ?`, id);
  if (row !== undefined) return readRunInfo(row);
  throw new TrackingError("RESOURCE_DOES_NOT_EXIST", `Run with id=${id} not found`);
}

/** The same, and throws INVALID_PARAMETER_VALUE for a deleted one. */
export function getActiveRunInfo(database: Database, id: string): RunInfo {
  const info = getRunInfo(database, id);
  if (info.lifecycleStage === "active") return info;
  return refuseValue(`The run ${id} must be in the 'active' state. Current state is ${info.lifecycleStage}.`);
}

/** Throws RESOURCE_DOES_NOT_EXIST. */
export const getRun = (database: Database, id: string): Run =>
  completeRuns(database, [getRunInfo(database, id)])[0]!;

/** Throws RESOURCE_DOES_NOT_EXIST, and INVALID_PARAMETER_VALUE for a run that is deleted. */
export function updateRun(database: Database, id: string, update: RunUpdate): RunInfo {
  getActiveRunInfo(database, id);
  database.run(
    "UPDATE runs SET status = coalesce(?, status), end_time = coalesce(?, end_time), name = coalesce(?, name) " +
      "WHERE run_uuid = ?",
    update.status ?? null,
    update.endedAt ?? null,
    update.name || null,
    id,
  );
  if (update.name) putTag(database, id, { key: nameTag, value: update.name });
  return getRunInfo(database, id);
}

/** False when there is no such active run: `updateRun` then says what there is. */
export const endActiveRun = (database: Database, id: string, { status, endedAt }: RunEnd): boolean =>
  database.run(
    "UPDATE runs SET status = ?, end_time = ? WHERE run_uuid = ? AND lifecycle_stage = 'active'",
    status,
    endedAt,
    id,
  ) > 0;

/** Any number of things: the limits of MLflow's requests are those of requests. */
export function logBatch(database: Database, id: string, batch: RunBatch): void {
  const { metrics = [], parameters = [], tags = [] } = batch;
  checkMetrics(metrics);
  const checked = parameters.map((parameter, index) => checkParameter(parameter, `params[${index}]`));
  const checkedTags = tags.map((tag, index) => checkTag(tag, `tags[${index}]`));
  checkParameterKeysUnique(checked);
  const { experimentId } = getActiveRunInfo(database, id);
  insertParameters(database, id, checked);
  insertMetrics(database, id, metrics);
  for (const metric of metrics) {
    const { modelId } = metric;
    if (modelId !== undefined) insertModelMetric(database, id, Number(experimentId), { ...metric, modelId });
  }
  for (const tag of checkedTags) {
    if (tag.key === nameTag) updateRun(database, id, { name: tag.value });
    else putTag(database, id, tag);
  }
}

/** Throws RESOURCE_DOES_NOT_EXIST for a tag that the run has not. */
export function deleteTag(database: Database, id: string, key: string): void {
  getActiveRunInfo(database, id);
  if (database.run("DELETE FROM tags WHERE run_uuid = ? AND key = ?", id, key) === 0) {
    throw new TrackingError("RESOURCE_DOES_NOT_EXIST", `No tag with name: ${key} in run with id ${id}`);
  }
}

/** The runs with all that belongs to them, in the same order: a fixed number of queries. */
export function completeRuns(database: Database, infos: readonly RunInfo[]): Run[] {
  const ids = JSON.stringify(infos.map(({ id }) => id));
  const pairs = (table: "params" | "tags") =>
    groupByRun(
      database.all(
        `SELECT run_uuid, key, value FROM ${table} WHERE run_uuid IN (SELECT value FROM json_each(?)) ORDER BY key`,
        ids,
      ),
      (row) => ({ key: text(row["key"]), value: text(row["value"]) }),
    );
  const metrics = latestMetrics(database, ids);
  const parameters = pairs("params");
  const tags = pairs("tags");
  const { datasetInputs, modelInputs, modelOutputs } = inputsAndOutputs(database, ids);
  return infos.map((info) => ({
    info,
    metrics: metrics.get(info.id) ?? [],
    parameters: parameters.get(info.id) ?? [],
    tags: tags.get(info.id) ?? [],
    datasetInputs: datasetInputs.get(info.id) ?? [],
    modelInputs: modelInputs.get(info.id) ?? [],
    modelOutputs: modelOutputs.get(info.id) ?? [],
  }));
}

/** Of a row of `runs`. */
export function readRunInfo(row: Row): RunInfo {
  return {
    id: text(row["run_uuid"]),
    name: text(row["name"]),
    experimentId: text(row["experiment_id"]),
    // The table's own check allows no other.
    status: text(row["status"]) as MlflowRunStatus,
    startedAt: number(row["start_time"]),
    ...known("endedAt", row["end_time"], number),
    artifactUri: text(row["artifact_uri"]),
    lifecycleStage: row["lifecycle_stage"] === "deleted" ? "deleted" : "active",
    user: text(row["user_id"]),
  };
}

/** Writes over a tag of the same key. */
export function putTag(database: Database, runId: string, { key, value }: Tag): void {
  database.run(
    "INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?) " +
      "ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value",
    key,
    value,
    runId,
  );
}

function insertParameters(database: Database, runId: string, parameters: readonly LoggedParameter[]): void {
  const changed: string[] = [];
  for (const { key, value } of parameters) {
    const added = database.run(
      "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      key,
      value,
      runId,
    );
    if (added > 0) continue;
    const old = text(
      database.get("SELECT value FROM params WHERE key = ? AND run_uuid = ?", key, runId)?.["value"],
    );
    if (old === value) continue;
    changed.push(
      `{'key': ${reprOfText(key)}, 'old_value': ${reprOfText(old)}, 'new_value': ${reprOfText(value)}}`,
    );
  }
  if (changed.length > 0) {
    refuseValue(
      `Changing param values is not allowed. Params were already logged='[${changed.join(", ")}]' ` +
        `for run ID='${runId}'.`,
    );
  }
}
