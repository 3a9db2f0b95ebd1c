/** Takes registered models of another store into MLflow's database, numbers of versions kept. */
import type { Change, MovedRegisteredModel } from "../core/ports/moved_runs.ts";
import type { ModelVersion } from "../core/tracking.ts";
import { checkSameVersion } from "./moved_run_rules.ts";
import type { Database } from "./sqlite_database.ts";
import { number, text } from "./sqlite_row.ts";

/** What the model of that name says there stays; versions, tags and aliases that it has not are added. */
export function putRegisteredModel(database: Database, model: MovedRegisteredModel): Change {
  const isNew = database.run(
    "INSERT INTO registered_models (name, creation_time, last_updated_time, description, workspace) " +
      "VALUES (?, ?, ?, ?, 'default') ON CONFLICT DO NOTHING",
    model.name,
    model.createdAt,
    model.updatedAt,
    model.description ?? null,
  ) > 0;
  let changed = 0;
  for (const version of model.versions) changed += putVersion(database, version);
  for (const { key, value } of model.tags) {
    changed += database.run(
      "INSERT INTO registered_model_tags (key, value, name, workspace) VALUES (?, ?, ?, 'default') " +
        "ON CONFLICT DO NOTHING",
      key,
      value,
      model.name,
    );
  }
  for (const { alias, version } of model.aliases) {
    changed += database.run(
      "INSERT INTO registered_model_aliases (alias, version, name, workspace) VALUES (?, ?, ?, 'default') " +
        "ON CONFLICT DO NOTHING",
      alias,
      Number(version),
      model.name,
    );
  }
  return isNew ? "new" : changed > 0 ? "changed" : "same";
}

/** How many rows it added. Throws RUNS_DIFFER where that version is another model. */
function putVersion(database: Database, version: ModelVersion): number {
  let added = database.run(
    "INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, current_stage, " +
      "source, run_id, status, status_message, storage_location, workspace) " +
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'default') ON CONFLICT DO NOTHING",
    version.name,
    Number(version.version),
    version.createdAt,
    version.updatedAt,
    version.description ?? null,
    version.stage,
    version.source,
    version.runId ?? null,
    version.status,
    version.statusMessage ?? null,
    version.storageLocation ?? null,
  );
  if (added === 0) checkSame(database, version);
  for (const { key, value } of version.tags) {
    added += database.run(
      "INSERT INTO model_version_tags (key, value, name, version, workspace) VALUES (?, ?, ?, ?, 'default') " +
        "ON CONFLICT DO NOTHING",
      key,
      value,
      version.name,
      Number(version.version),
    );
  }
  return added;
}

function checkSame(database: Database, version: ModelVersion): void {
  const row = database.get(
    "SELECT source, run_id, creation_time FROM model_versions WHERE workspace = 'default' AND name = ? AND version = ?",
    version.name,
    Number(version.version),
  );
  checkSameVersion(version, {
    source: text(row?.["source"]),
    runId: text(row?.["run_id"]),
    createdAt: number(row?.["creation_time"]),
  });
}
