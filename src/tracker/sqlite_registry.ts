/** Registered models in MLflow's database: names for models, and aliases for their versions. */
import type { RegisteredModel, Tag } from "../core/tracking.ts";
import { TrackingError } from "../core/tracking.ts";
import {
  checkAlias,
  checkAliasNotReserved,
  checkRegisteredModelName,
  checkRegistryTag,
  checkVersion,
} from "./mlflow_rules.ts";
import type { Database } from "./sqlite_database.ts";
import { isConstraintError } from "./sqlite_failure.ts";
import { latestVersions, requireVersion } from "./sqlite_model_versions.ts";
import { known, number, text } from "./sqlite_row.ts";

/** Throws RESOURCE_ALREADY_EXISTS. */
export function createRegisteredModel(
  database: Database,
  now: number,
  name: string,
  description: string | undefined,
  tags: readonly Tag[],
): RegisteredModel {
  checkRegisteredModelName(name);
  tags.forEach(checkRegistryTag);
  try {
    database.run(
      "INSERT INTO registered_models (name, creation_time, last_updated_time, description, workspace) " +
        "VALUES (?, ?, ?, ?, 'default')",
      name,
      now,
      now,
      description ?? null,
    );
  } catch (error) {
    if (!isConstraintError(error)) throw error;
    throw new TrackingError("RESOURCE_ALREADY_EXISTS", `Registered Model (name=${name}) already exists.`);
  }
  for (const [key, value] of new Map(tags.map((tag) => [tag.key, tag.value]))) {
    database.run(
      "INSERT INTO registered_model_tags (key, value, name, workspace) VALUES (?, ?, ?, 'default')",
      key,
      value,
      name,
    );
  }
  return getRegisteredModel(database, name);
}

/** Throws RESOURCE_DOES_NOT_EXIST. */
export function getRegisteredModel(database: Database, name: string): RegisteredModel {
  checkRegisteredModelName(name);
  const row = database.get("SELECT * FROM registered_models WHERE workspace = 'default' AND name = ?", name);
  if (row === undefined) {
    throw new TrackingError("RESOURCE_DOES_NOT_EXIST", `Registered Model with name=${name} not found`);
  }
  const tags = database.all(
    "SELECT key, value FROM registered_model_tags WHERE workspace = 'default' AND name = ? ORDER BY key",
    name,
  );
  const aliases = database.all(
    "SELECT alias, version FROM registered_model_aliases WHERE workspace = 'default' AND name = ? ORDER BY alias",
    name,
  );
  return {
    name,
    createdAt: number(row["creation_time"]),
    updatedAt: number(row["last_updated_time"]),
    ...known("description", row["description"], text),
    tags: tags.map((tag) => ({ key: text(tag["key"]), value: text(tag["value"]) })),
    aliases: aliases.map((alias) => ({ alias: text(alias["alias"]), version: text(alias["version"]) })),
    latestVersions: latestVersions(database, name),
  };
}

/** An alias that is there moves. Throws INVALID_PARAMETER_VALUE for a reserved one, RESOURCE_DOES_NOT_EXIST. */
export function setAlias(database: Database, name: string, alias: string, version: string): void {
  checkRegisteredModelName(name);
  checkAlias(alias);
  checkAliasNotReserved(alias);
  const number = checkVersion(version);
  requireVersion(database, name, number);
  database.run(
    "INSERT INTO registered_model_aliases (alias, version, name, workspace) VALUES (?, ?, ?, 'default') " +
      "ON CONFLICT (workspace, name, alias) DO UPDATE SET version = excluded.version",
    alias,
    number,
    name,
  );
}
