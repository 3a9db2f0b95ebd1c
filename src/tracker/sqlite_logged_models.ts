/** Logged models in MLflow's database. */
import type {
  LoggedModel,
  LoggedModelStatus,
  LoggedParameter,
  NewLoggedModel,
  Tag,
} from "../core/tracking.ts";
import { TrackingError } from "../core/tracking.ts";
import { below } from "./artifact_location.ts";
import { reprOfText } from "../core/python_repr.ts";
import { checkLoggedModelName } from "./mlflow_rules.ts";
import { randomName } from "./random_name.ts";
import type { Database } from "./sqlite_database.ts";
import { getActiveExperiment } from "./sqlite_experiments.ts";
import { newId } from "./sqlite_inputs.ts";
import { modelMetrics } from "./sqlite_metrics.ts";
import { known, number, text } from "./sqlite_row.ts";

/** MLflow's numbers: `mlflow/entities/logged_model_status.py`. 0 is unspecified. */
export const loggedModelStatuses: readonly LoggedModelStatus[] = ["PENDING", "READY", "FAILED"];

/**
 * With the status PENDING. Throws INVALID_PARAMETER_VALUE for its name, and what an experiment that is gone or
 * deleted throws.
 */
export function createLoggedModel(database: Database, now: number, model: NewLoggedModel): LoggedModel {
  if (model.name !== undefined) checkLoggedModelName(model.name);
  const experiment = getActiveExperiment(database, model.experimentId);
  const id = `m-${newId()}`;
  database.run(
    "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms, " +
      "last_updated_timestamp_ms, status, lifecycle_stage, model_type, source_run_id) " +
      "VALUES (?, ?, ?, ?, ?, ?, 1, 'active', ?, ?)",
    id,
    Number(experiment.id),
    model.name ?? randomName(),
    below(experiment.artifactLocation, "models", id, "artifacts"),
    now,
    now,
    model.modelType ?? null,
    model.sourceRunId ?? null,
  );
  logParameters(database, id, model.parameters);
  setTags(database, id, model.tags);
  return getLoggedModel(database, id);
}

/** Throws RESOURCE_DOES_NOT_EXIST, for a deleted one too. */
export function getLoggedModel(database: Database, id: string): LoggedModel {
  const row = database.get(
    "SELECT * FROM logged_models WHERE model_id = ? AND lifecycle_stage != 'deleted'",
    id,
  );
  if (row === undefined) return refuseModel(id);
  const pairs = (table: "params" | "tags", name: "param" | "tag") =>
    database
      .all(
        `SELECT ${name}_key AS key, ${name}_value AS value FROM logged_model_${table} WHERE model_id = ? ORDER BY 1`,
        id,
      )
      .map((pair) => ({ key: text(pair["key"]), value: text(pair["value"]) }));
  return {
    id,
    experimentId: text(row["experiment_id"]),
    name: text(row["name"]),
    artifactUri: text(row["artifact_location"]),
    createdAt: number(row["creation_timestamp_ms"]),
    updatedAt: number(row["last_updated_timestamp_ms"]),
    status: loggedModelStatuses[number(row["status"]) - 1] ?? "PENDING",
    ...known("statusMessage", row["status_message"], text),
    ...known("modelType", row["model_type"], text),
    ...known("sourceRunId", row["source_run_id"], text),
    tags: pairs("tags", "tag"),
    parameters: pairs("params", "param"),
    metrics: modelMetrics(database, id),
  };
}

/** Throws RESOURCE_DOES_NOT_EXIST. */
export function finalizeLoggedModel(
  database: Database,
  now: number,
  id: string,
  status: LoggedModelStatus,
): LoggedModel {
  const changed = database.run(
    "UPDATE logged_models SET status = ?, last_updated_timestamp_ms = ? WHERE model_id = ?",
    loggedModelStatuses.indexOf(status) + 1,
    now,
    id,
  );
  return changed === 0 ? refuseModel(id) : getLoggedModel(database, id);
}

/** Writes over those of the same key. Throws RESOURCE_DOES_NOT_EXIST. */
export function setTags(database: Database, id: string, tags: readonly Tag[]): void {
  const experimentId = experimentOf(database, id);
  for (const { key, value } of tags) {
    database.run(
      "INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value) VALUES (?, ?, ?, ?) " +
        "ON CONFLICT (model_id, tag_key) DO UPDATE SET tag_value = excluded.tag_value",
      id,
      experimentId,
      key,
      value,
    );
  }
}

/** Throws RESOURCE_DOES_NOT_EXIST for a tag that the model has not. */
export function deleteTag(database: Database, id: string, key: string): void {
  experimentOf(database, id);
  if (database.run("DELETE FROM logged_model_tags WHERE model_id = ? AND tag_key = ?", id, key) > 0) return;
  throw new TrackingError(
    "RESOURCE_DOES_NOT_EXIST",
    `No tag with key ${reprOfText(key)} found for model with ID ${reprOfText(id)}.`,
  );
}

/** Throws BAD_REQUEST for one that is there, whatever its value: MLflow's own rule. */
export function logParameters(database: Database, id: string, parameters: readonly LoggedParameter[]): void {
  const experimentId = experimentOf(database, id);
  for (const { key, value } of parameters) {
    database.run(
      "INSERT INTO logged_model_params (model_id, experiment_id, param_key, param_value) VALUES (?, ?, ?, ?)",
      id,
      experimentId,
      key,
      value,
    );
  }
}

function experimentOf(database: Database, id: string): number {
  const row = database.get("SELECT experiment_id FROM logged_models WHERE model_id = ?", id);
  return row === undefined ? refuseModel(id) : number(row["experiment_id"]);
}

function refuseModel(id: string): never {
  throw new TrackingError("RESOURCE_DOES_NOT_EXIST", `Logged model with ID '${id}' not found.`);
}
