/** Takes whole runs of another store into a tracker's SQLite file: each in one commit, ids kept. */
import { dirname, join, resolve } from "node:path";
import { refuse } from "../core/error.ts";
import type { Change, MovedRun, RunTarget } from "../core/ports/moved_runs.ts";
import type { Experiment, RunInfo } from "../core/tracking.ts";
import { below } from "./artifact_location.ts";
import { openLocalArtifacts } from "./local_artifacts.ts";
import { checkSameExperiment, checkSameParameters, isLaterEnd, ownerOf } from "./moved_run_rules.ts";
import type { Database } from "./sqlite_database.ts";
import { findExperiment, getExperiment } from "./sqlite_experiments.ts";
import { insertInputs, insertOutputs } from "./sqlite_inputs.ts";
import { insertMetrics } from "./sqlite_metrics.ts";
import { putModel } from "./sqlite_moved_models.ts";
import { putRegisteredModel } from "./sqlite_moved_registry.ts";
import { openDatabase } from "./sqlite_open.ts";
import { number, text } from "./sqlite_row.ts";
import { completeRuns, insertRun, putTag, readRunInfo, runColumns } from "./sqlite_runs.ts";

/** The file is made where there is none. Throws what `openSqliteTracker` throws. */
export async function openSqliteRunTarget(path: string): Promise<RunTarget> {
  const file = resolve(path);
  const artifactRoot = join(dirname(file), "mlruns");
  const database = await openDatabase(file, {
    artifactRoot,
    create: true,
    busyTimeoutMs: 5000,
    clock: Date.now,
  });
  const { read, write } = database;
  return {
    uri: `sqlite:///${file}`,
    keepsIds: true,
    async placeExperiment(experiment) {
      const found = await read(() => findExperiment(database, experiment.name));
      return await write(() => placeExperiment(database, artifactRoot, experiment, found));
    },
    placeRun: (run, experiment) =>
      read(() => {
        const known = database.get(`SELECT ${runColumns} FROM runs WHERE run_uuid = ?`, run.id);
        const artifactUri = known === undefined
          ? below(experiment.artifactLocation, ownerOf(run), "artifacts")
          : readRunInfo(known).artifactUri;
        return { id: run.id, artifactUri };
      }),
    putRun: (run) => write(() => putRun(database, run)),
    placeModel: (model, experiment) =>
      read(() => {
        const known = database.get(
          "SELECT artifact_location FROM logged_models WHERE model_id = ?",
          model.id,
        );
        const artifactUri = known === undefined
          ? below(experiment.artifactLocation, "models", model.id, "artifacts")
          : text(known["artifact_location"]);
        return { id: model.id, artifactUri };
      }),
    putModel: (model) => write(() => putModel(database, model)),
    putRegisteredModel: (model) => write(() => putRegisteredModel(database, model)),
    artifacts: openLocalArtifacts(dirname(file)),
    close: () => database.close(),
  };
}

function placeExperiment(
  database: Database,
  artifactRoot: string,
  experiment: Experiment,
  found: Experiment | undefined,
): Experiment {
  if (found !== undefined) {
    checkSameExperiment(experiment, found);
    putExperimentTags(database, found.id, experiment);
    return getExperiment(database, found.id);
  }
  const id = freeExperimentId(database, experiment.id);
  database.run(
    "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, " +
      "last_update_time, workspace) VALUES (?, ?, ?, ?, ?, ?, 'default')",
    id,
    experiment.name,
    below(artifactRoot, String(id)),
    experiment.lifecycleStage,
    experiment.createdAt ?? null,
    experiment.updatedAt ?? null,
  );
  putExperimentTags(database, String(id), experiment);
  return getExperiment(database, String(id));
}

/** Its own number where that is free and one that we can tell from its neighbours, else the next one. */
function freeExperimentId(database: Database, id: string): number {
  const own = Number(id);
  const isTaken = (one: number) =>
    database.get("SELECT 1 FROM experiments WHERE experiment_id = ?", one) !== undefined;
  if (/^\d+$/.test(id) && Number.isSafeInteger(own) && own < 2 ** 31 && !isTaken(own)) return own;
  return number(database.get("SELECT coalesce(max(experiment_id), 0) AS id FROM experiments")?.["id"]) + 1;
}

/** Those that the experiment has not: what it says itself stays. */
function putExperimentTags(database: Database, id: string, { tags }: Experiment): void {
  for (const { key, value } of tags) {
    database.run(
      "INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      key,
      value,
      Number(id),
    );
  }
}

function putRun(database: Database, run: MovedRun): Change {
  const { info } = run;
  const row = database.get(`SELECT ${runColumns} FROM runs WHERE run_uuid = ?`, info.id);
  if (row === undefined) {
    insertRun(database, info);
    if (info.lifecycleStage === "deleted") markDeleted(database, info.id);
    putContent(database, run);
    return "new";
  }
  const [known] = completeRuns(database, [readRunInfo(row)]);
  if (known!.info.experimentId !== info.experimentId) {
    refuse({
      code: "RUNS_DIFFER",
      message: `Cannot bring run \`${info.id}\` to experiment ${info.experimentId} as it is one of ` +
        `experiment ${known!.info.experimentId} there`,
      hint: "Bring it to another file",
    });
  }
  checkSameParameters(run, known!);
  const before = contentCount(database, info.id);
  const tags = new Map(known!.tags.map(({ key, value }) => [key, value]));
  const isTagged = run.tags.every(({ key, value }) => tags.get(key) === value);
  putContent(database, run);
  const isEnded = isLaterEnd(info, known!.info) && updateInfo(database, info);
  return isEnded || !isTagged || contentCount(database, info.id) !== before ? "changed" : "same";
}

function putContent(database: Database, run: MovedRun): void {
  const { id, experimentId } = run.info;
  for (const { key, value } of run.parameters) {
    database.run(
      "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      key,
      value,
      id,
    );
  }
  for (const tag of run.tags) putTag(database, id, tag);
  insertMetrics(database, id, run.points);
  insertInputs(database, id, Number(experimentId), run.datasetInputs, run.modelInputs);
  insertOutputs(database, id, run.modelOutputs);
}

/** How many rows belong to a run. */
const contentCount = (database: Database, id: string): number =>
  number(
    database.get(
      "SELECT (SELECT count(*) FROM metrics WHERE run_uuid = ?1) + (SELECT count(*) FROM params WHERE run_uuid = ?1) + " +
        "(SELECT count(*) FROM tags WHERE run_uuid = ?1) + " +
        "(SELECT count(*) FROM inputs WHERE source_id = ?1 OR destination_id = ?1) AS count",
      id,
    )?.["count"],
  );

const updateInfo = (database: Database, info: RunInfo): boolean =>
  database.run(
    "UPDATE runs SET status = ?1, end_time = ?2, name = ?3 WHERE run_uuid = ?4 AND " +
      "(status, end_time, name) IS NOT (?1, ?2, ?3)",
    info.status,
    info.endedAt ?? null,
    info.name,
    info.id,
  ) > 0;

function markDeleted(database: Database, id: string): void {
  database.run(
    "UPDATE runs SET lifecycle_stage = 'deleted', deleted_time = ? WHERE run_uuid = ?",
    Date.now(),
    id,
  );
}
