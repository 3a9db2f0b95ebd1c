/** Reads whole runs of a tracker's SQLite file, ours or MLflow's, for another store. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { RunSource } from "../core/ports/moved_runs.ts";
import { locateBeside } from "./artifact_location.ts";
import { openLocalArtifacts } from "./local_artifacts.ts";
import { listExperiments } from "./sqlite_experiments.ts";
import { getLoggedModel } from "./sqlite_logged_models.ts";
import { allPoints } from "./sqlite_metrics.ts";
import { allVersions } from "./sqlite_model_versions.ts";
import { openDatabase } from "./sqlite_open.ts";
import { getRegisteredModel } from "./sqlite_registry.ts";
import { text } from "./sqlite_row.ts";
import { getRun, readRunInfo, runColumns } from "./sqlite_runs.ts";

/** Throws what `openSqliteTracker` throws. */
export async function openSqliteRunSource(path: string): Promise<RunSource> {
  const file = resolve(path);
  const folder = dirname(file);
  const database = await openDatabase(file, {
    artifactRoot: join(folder, "mlruns"),
    create: false,
    busyTimeoutMs: 5000,
    clock: Date.now,
  });
  const { read, all } = database;
  return {
    uri: `sqlite:///${file}`,
    isOfFiles: false,
    experiments: () => read(() => listExperiments(database)),
    runs: ({ id }) =>
      read(() =>
        all(
          `SELECT ${runColumns} FROM runs WHERE experiment_id = ? ORDER BY start_time, run_uuid`,
          Number(id),
        )
          .map(readRunInfo)
      ),
    read: (info) => read(() => ({ ...getRun(database, info.id), points: allPoints(database, info.id) })),
    loggedModels: ({ id }) =>
      read(() =>
        all(
          "SELECT model_id FROM logged_models WHERE experiment_id = ? AND lifecycle_stage != 'deleted' " +
            "ORDER BY creation_timestamp_ms, model_id",
          Number(id),
        ).map((row) => getLoggedModel(database, text(row["model_id"])))
      ),
    registeredModels: () =>
      read(() =>
        all("SELECT name FROM registered_models WHERE workspace = 'default' ORDER BY name").map((row) => {
          const name = text(row["name"]);
          const { latestVersions: _, ...model } = getRegisteredModel(database, name);
          return { ...model, versions: allVersions(database, name) };
        })
      ),
    artifacts: openLocalArtifacts(folder),
    // A server keeps what it passes on in `mlartifacts` where nothing else was said.
    locate: (location) =>
      locateBeside(
        location,
        folder,
        [folder, join(folder, "mlruns"), join(folder, "mlartifacts")],
        existsSync,
      ),
    close: () => database.close(),
  };
}
