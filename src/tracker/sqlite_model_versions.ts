/** Versions of registered models in MLflow's database. */
import type { ModelVersion, NewModelVersion } from "../core/tracking.ts";
import { TrackingError } from "../core/tracking.ts";
import {
  checkAlias,
  checkRegisteredModelName,
  checkRegistryTag,
  checkVersion,
  refuseValue,
} from "./mlflow_rules.ts";
import type { Database } from "./sqlite_database.ts";
import { getLoggedModel, setTags } from "./sqlite_logged_models.ts";
import { known, number, type Row, text } from "./sqlite_row.ts";

const select = "SELECT * FROM model_versions WHERE workspace = 'default' AND name = ? " +
  "AND current_stage != 'Deleted_Internal'";

/**
 * The next number is its version. A `models:/…` source is looked up for where its files are. The logged model it
 * comes from is told in its tag `mlflow.modelVersions`, as MLflow's server does.
 */
export function createModelVersion(database: Database, now: number, version: NewModelVersion): ModelVersion {
  const { name } = version;
  checkRegisteredModelName(name);
  version.tags.forEach(checkRegistryTag);
  const origin = findOrigin(database, version);
  const touched = database.run(
    "UPDATE registered_models SET last_updated_time = ? WHERE workspace = 'default' AND name = ?",
    now,
    name,
  );
  if (touched === 0) refuseModel(name);
  const latest = database.get(
    "SELECT max(version) AS version FROM model_versions WHERE workspace = 'default' AND name = ?",
    name,
  );
  const next = number(latest?.["version"]) + 1;
  database.run(
    "INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, current_stage, " +
      "source, run_id, status, storage_location, workspace) VALUES (?, ?, ?, ?, ?, 'None', ?, ?, 'READY', ?, 'default')",
    name,
    next,
    now,
    now,
    version.description ?? null,
    version.source,
    origin.runId ?? null,
    origin.location,
  );
  for (const [key, value] of new Map(version.tags.map((tag) => [tag.key, tag.value]))) {
    database.run(
      "INSERT INTO model_version_tags (key, value, name, version, workspace) VALUES (?, ?, ?, ?, 'default')",
      key,
      value,
      name,
      next,
    );
  }
  if (version.modelId !== undefined) tellLoggedModel(database, version.modelId, name, next);
  return readVersion(database, requireVersion(database, name, next));
}

/** Throws RESOURCE_DOES_NOT_EXIST, and INVALID_PARAMETER_VALUE for a version that is no number. */
export function getModelVersion(database: Database, name: string, version: string): ModelVersion {
  checkRegisteredModelName(name);
  return readVersion(database, requireVersion(database, name, checkVersion(version)));
}

/** `latest` is the highest version. Throws INVALID_PARAMETER_VALUE for an alias that is not there. */
export function getModelVersionByAlias(database: Database, name: string, alias: string): ModelVersion {
  checkRegisteredModelName(name);
  checkAlias(alias);
  if (
    database.get("SELECT 1 FROM registered_models WHERE workspace = 'default' AND name = ?", name) ===
      undefined
  ) {
    refuseModel(name);
  }
  if (alias.toLowerCase() === "latest") {
    const latest = database.get(`${select} ORDER BY version DESC LIMIT 1`, name);
    if (latest !== undefined) return readVersion(database, latest);
    throw new TrackingError("RESOURCE_DOES_NOT_EXIST", `Latest version not found for model ${name}.`);
  }
  const row = database.get(
    "SELECT version FROM registered_model_aliases WHERE workspace = 'default' AND name = ? AND alias = ?",
    name,
    alias,
  );
  if (row === undefined) return refuseValue(`Registered model alias ${alias} not found.`);
  return readVersion(database, requireVersion(database, name, number(row["version"])));
}

/** The highest version of each stage. */
export const latestVersions = (database: Database, name: string): ModelVersion[] =>
  database
    .all(
      `${select} AND version = (SELECT max(version) FROM model_versions AS other WHERE ` +
        "other.workspace = model_versions.workspace AND other.name = model_versions.name AND " +
        "other.current_stage = model_versions.current_stage) ORDER BY version",
      name,
    )
    .map((row) => readVersion(database, row));

/** Every version of a registered model, oldest first. */
export const allVersions = (database: Database, name: string): ModelVersion[] =>
  database.all(`${select} ORDER BY version`, name).map((row) => readVersion(database, row));

/** Its row. Throws RESOURCE_DOES_NOT_EXIST. */
export function requireVersion(database: Database, name: string, version: number): Row {
  const row = database.get(`${select} AND version = ?`, name, version);
  if (row !== undefined) return row;
  throw new TrackingError(
    "RESOURCE_DOES_NOT_EXIST",
    `Model Version (name=${name}, version=${version}) not found`,
  );
}

function readVersion(database: Database, row: Row): ModelVersion {
  const name = text(row["name"]);
  const version = row["version"]!;
  const tags = database.all(
    "SELECT key, value FROM model_version_tags WHERE workspace = 'default' AND name = ? AND version = ? ORDER BY key",
    name,
    version,
  );
  const aliases = database.all(
    "SELECT alias FROM registered_model_aliases WHERE workspace = 'default' AND name = ? AND version = ? ORDER BY alias",
    name,
    version,
  );
  const modelId = loggedModelOf(text(row["source"]));
  return {
    name,
    version: text(version),
    createdAt: number(row["creation_time"]),
    updatedAt: number(row["last_updated_time"]),
    ...known("description", row["description"], text),
    source: text(row["source"]),
    ...known("runId", row["run_id"], text),
    ...(modelId === undefined ? {} : { modelId }),
    status: readStatus(text(row["status"])),
    ...known("statusMessage", row["status_message"], text),
    stage: text(row["current_stage"]),
    tags: tags.map((tag) => ({ key: text(tag["key"]), value: text(tag["value"]) })),
    aliases: aliases.map((alias) => text(alias["alias"])),
    ...known("storageLocation", row["storage_location"], text),
  };
}

const readStatus = (status: string): ModelVersion["status"] =>
  status === "PENDING_REGISTRATION" || status === "FAILED_REGISTRATION" ? status : "READY";

const loggedModelOf = (source: string): string | undefined => /^models:\/(m-[0-9a-zA-Z]+)$/.exec(source)?.[1];

/** Where the files are that `source` names, and the run they come from. */
function findOrigin(
  database: Database,
  { source, runId, modelId }: NewModelVersion,
): { readonly location: string; readonly runId?: string } {
  const loggedModelId = loggedModelOf(source);
  const runOf = (id: string) => runId ?? getLoggedModel(database, id).sourceRunId;
  const withRun = (location: string, run: string | undefined) => ({
    location,
    ...(run ? { runId: run } : {}),
  });
  if (loggedModelId !== undefined) {
    return withRun(getLoggedModel(database, loggedModelId).artifactUri, runOf(loggedModelId));
  }
  const other = /^models:\/([^/@]+)\/(\d+)$/.exec(source);
  if (other === null) return withRun(source, modelId === undefined ? runId : runOf(modelId));
  const row = requireVersion(database, other[1]!, Number(other[2]));
  return withRun(text(row["storage_location"] ?? row["source"]), runId);
}

function tellLoggedModel(database: Database, modelId: string, name: string, version: number): void {
  const tag = getLoggedModel(database, modelId).tags.find(({ key }) => key === "mlflow.modelVersions");
  const told = tag === undefined ? [] : toldVersions(tag.value);
  const all = [...told, { name, version }].map((one) =>
    // As Python's `json.dumps` spaces it.
    `{"name": ${JSON.stringify(one.name)}, "version": ${JSON.stringify(one.version)}}`
  );
  setTags(database, modelId, [{ key: "mlflow.modelVersions", value: `[${all.join(", ")}]` }]);
}

/** The tag is the model's own: whoever logs the model can write anything into it. */
function toldVersions(text: string): readonly { readonly name: string; readonly version: unknown }[] {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    told = undefined;
  }
  const isVersion = (one: unknown) =>
    typeof one === "object" && one !== null && "name" in one && typeof one.name === "string" &&
    "version" in one;
  return Array.isArray(told) && told.every(isVersion) ? told : refuseValue(
    "Cannot register the logged model as its tag 'mlflow.modelVersions' holds no list of versions",
  );
}

function refuseModel(name: string): never {
  throw new TrackingError("RESOURCE_DOES_NOT_EXIST", `Registered Model with name=${name} not found`);
}
