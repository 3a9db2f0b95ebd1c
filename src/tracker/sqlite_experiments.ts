/** Experiments in MLflow's database. */
import type { Experiment, Tag } from "../core/tracking.ts";
import { TrackingError } from "../core/tracking.ts";
import { below } from "./artifact_location.ts";
import { checkExperimentName, checkExperimentTag, refuseValue } from "./mlflow_rules.ts";
import type { Database } from "./sqlite_database.ts";
import { isConstraintError } from "./sqlite_failure.ts";
import { known, number, type Row, text } from "./sqlite_row.ts";

const select =
  "SELECT experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time " +
  "FROM experiments WHERE workspace = 'default'";

/** Throws RESOURCE_DOES_NOT_EXIST, and INVALID_PARAMETER_VALUE for an id that is no number. */
export function getExperiment(database: Database, id: string): Experiment {
  const number = parseId(id);
  const row = database.get(`${select} AND experiment_id = ?`, number);
  if (row !== undefined) return readExperiment(database, row);
  throw new TrackingError("RESOURCE_DOES_NOT_EXIST", `No Experiment with id=${number} exists`);
}

/** The same, and throws INVALID_PARAMETER_VALUE for a deleted one. */
export function getActiveExperiment(database: Database, id: string): Experiment {
  const experiment = getExperiment(database, id);
  if (experiment.lifecycleStage === "active") return experiment;
  return refuseValue(
    `The experiment ${experiment.id} must be in the 'active' state. Current state is ${experiment.lifecycleStage}.`,
  );
}

/** Also one that is deleted; undefined where there is none. */
export function findExperiment(database: Database, name: string): Experiment | undefined {
  const row = database.get(`${select} AND name = ?`, name);
  return row === undefined ? undefined : readExperiment(database, row);
}

/** In the order they were made; deleted ones as well. */
export const listExperiments = (database: Database): readonly Experiment[] =>
  database.all(`${select} ORDER BY experiment_id`).map((row) => readExperiment(database, row));

/** The next number is its id. Throws RESOURCE_ALREADY_EXISTS, for a deleted one's name too. */
export function createExperiment(
  database: Database,
  artifactRoot: string,
  now: number,
  name: string,
  tags: readonly Tag[],
): Experiment {
  checkExperimentName(name);
  tags.forEach(checkExperimentTag);
  try {
    database.run(
      "INSERT INTO experiments (name, lifecycle_stage, creation_time, last_update_time, workspace) " +
        "VALUES (?, 'active', ?, ?, 'default')",
      name,
      now,
      now,
    );
  } catch (error) {
    if (!isConstraintError(error)) throw error;
    throw new TrackingError("RESOURCE_ALREADY_EXISTS", `Experiment(name=${name}) already exists.`);
  }
  const { id } = findExperiment(database, name)!;
  const number = Number(id);
  database.run(
    "UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?",
    below(artifactRoot, id),
    number,
  );
  for (const { key, value } of tags) {
    database.run(
      "INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?, ?, ?)",
      key,
      value,
      number,
    );
  }
  return getExperiment(database, id);
}

/** Throws INVALID_PARAMETER_VALUE. Empty text is experiment 0, as in MLflow. */
export function parseId(id: string): number {
  if (/^\s*[+-]?\d+\s*$/.test(id)) return Number(id);
  return id === "" ? 0 : refuseValue(`Invalid experiment ID '${id}'. Experiment ID must be a valid integer.`);
}

function readExperiment(database: Database, row: Row): Experiment {
  const tags = database.all(
    "SELECT key, value FROM experiment_tags WHERE experiment_id = ? ORDER BY key",
    row["experiment_id"]!,
  );
  return {
    id: text(row["experiment_id"]),
    name: text(row["name"]),
    artifactLocation: text(row["artifact_location"]),
    lifecycleStage: row["lifecycle_stage"] === "deleted" ? "deleted" : "active",
    ...known("createdAt", row["creation_time"], number),
    ...known("updatedAt", row["last_update_time"], number),
    tags: tags.map((tag) => ({ key: text(tag["key"]), value: text(tag["value"]) })),
  };
}
