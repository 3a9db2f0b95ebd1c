/** Takes logged models of another store into MLflow's database, ids kept. */
import type { Change } from "../core/ports/moved_runs.ts";
import type { LoggedModel, LoggedModelStatus } from "../core/tracking.ts";
import type { Database } from "./sqlite_database.ts";
import { loggedModelStatuses } from "./sqlite_logged_models.ts";
import { insertModelMetric } from "./sqlite_metrics.ts";

/** What is there of it already stays; its points count where their runs are there. */
export function putModel(database: Database, model: LoggedModel): Change {
  const experimentId = Number(model.experimentId);
  const isNew = database.run(
    "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms, " +
      "last_updated_timestamp_ms, status, lifecycle_stage, model_type, source_run_id, status_message) " +
      "VALUES (?, ?, ?, ?, ?, ?, ?, 'active', ?, ?, ?) ON CONFLICT DO NOTHING",
    model.id,
    experimentId,
    model.name,
    model.artifactUri,
    model.createdAt,
    model.updatedAt,
    statusNumber(model.status),
    model.modelType ?? null,
    model.sourceRunId ?? null,
    model.statusMessage ?? null,
  ) > 0;
  let changed = isNew ? 0 : database.run(
    "UPDATE logged_models SET status = ?1, last_updated_timestamp_ms = ?2 WHERE model_id = ?3 AND status = 1 " +
      "AND status != ?1",
    statusNumber(model.status),
    model.updatedAt,
    model.id,
  );
  for (const { key, value } of model.parameters) {
    changed += database.run(
      "INSERT INTO logged_model_params (model_id, experiment_id, param_key, param_value) VALUES (?, ?, ?, ?) " +
        "ON CONFLICT DO NOTHING",
      model.id,
      experimentId,
      key,
      value,
    );
  }
  for (const { key, value } of model.tags) {
    changed += database.run(
      "INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value) VALUES (?, ?, ?, ?) " +
        "ON CONFLICT (model_id, tag_key) DO UPDATE SET tag_value = excluded.tag_value " +
        "WHERE tag_value != excluded.tag_value",
      model.id,
      experimentId,
      key,
      value,
    );
  }
  for (const { runId, ...metric } of model.metrics) {
    if (database.get("SELECT 1 FROM runs WHERE run_uuid = ?", runId) === undefined) continue;
    changed += insertModelMetric(database, runId, experimentId, { ...metric, modelId: model.id });
  }
  return isNew ? "new" : changed > 0 ? "changed" : "same";
}

const statusNumber = (status: LoggedModelStatus): number => loggedModelStatuses.indexOf(status) + 1;
