/** Takes logged and registered models of another store into an `mlruns` folder. */
import { basename, dirname, join } from "node:path";
import { isFileName } from "../core/confined_path.ts";
import { refuse } from "../core/error.ts";
import type { Change, MovedRegisteredModel } from "../core/ports/moved_runs.ts";
import type { LoggedModel, ModelVersion } from "../core/tracking.ts";
import { readVersions } from "./folder_model_source.ts";
import { checkSameVersion } from "./moved_run_rules.ts";
import { look } from "./run_folder.ts";
import { linesByKey, pointLine } from "./run_folder_metrics.ts";
import { writeLines, writeMeta, writePairs } from "./run_folder_write.ts";
import { loggedModelStatuses } from "./sqlite_logged_models.ts";

/** What is there of it already stays. */
export async function putModel(folder: string, model: LoggedModel): Promise<Change> {
  const isNew = look(join(folder, "meta.yaml")) === undefined;
  let written = await writePairs(join(folder, "params"), model.parameters);
  written += await writePairs(join(folder, "tags"), model.tags);
  const lines = linesByKey(model.metrics, (point) => {
    const dataset = point.datasetName === undefined ? [] : [point.datasetName, point.datasetDigest ?? ""];
    return pointLine(point, point.runId, ...dataset);
  });
  written += await writeLines(join(folder, "metrics"), lines);
  await Deno.mkdir(join(folder, "artifacts"), { recursive: true });
  if (!isNew) return written > 0 ? "changed" : "same";
  await writeMeta(folder, {
    artifact_location: model.artifactUri,
    creation_timestamp: model.createdAt,
    experiment_id: model.experimentId,
    last_updated_timestamp: model.updatedAt,
    model_id: model.id,
    model_type: model.modelType ?? null,
    name: model.name,
    source_run_id: model.sourceRunId ?? null,
    status: loggedModelStatuses.indexOf(model.status) + 1,
    status_message: model.statusMessage ?? null,
  });
  return "new";
}

/** What the model of that name says there stays; versions, tags and aliases that it has not are added. */
export async function putRegisteredModel(folder: string, model: MovedRegisteredModel): Promise<Change> {
  if (!isFileName(basename(folder)) || basename(folder) !== model.name) refuseName(model.name);
  const isNew = look(join(folder, "meta.yaml")) === undefined;
  let written = await writePairs(
    join(folder, "tags"),
    model.tags.filter(({ key }) => isMissing(folder, "tags", key)),
  );
  const known = new Map(
    (isNew ? [] : await readVersions(folder, model.name, [])).map((one) => [one.version, one]),
  );
  for (const version of model.versions) {
    const other = known.get(version.version);
    if (other === undefined) {
      written += await writeVersion(join(folder, `version-${version.version}`), version);
    } else checkSameVersion(version, other);
  }
  for (const { alias, version } of model.aliases) {
    if (isMissing(folder, "aliases", alias)) {
      written += await writePairs(join(folder, "aliases"), [{ key: alias, value: version }]);
    }
  }
  if (!isNew) return written > 0 ? "changed" : "same";
  await writeMeta(folder, {
    creation_timestamp: model.createdAt,
    description: model.description ?? null,
    last_updated_timestamp: model.updatedAt,
    name: model.name,
  });
  return "new";
}

const isMissing = (folder: string, what: "tags" | "aliases", key: string): boolean =>
  look(join(folder, what, ...key.split("/"))) === undefined;

async function writeVersion(folder: string, version: ModelVersion): Promise<number> {
  await writePairs(join(folder, "tags"), version.tags);
  await writeMeta(folder, {
    creation_timestamp: version.createdAt,
    current_stage: version.stage,
    description: version.description ?? null,
    last_updated_timestamp: version.updatedAt,
    model_id: version.modelId ?? null,
    name: basename(dirname(folder)),
    run_id: version.runId ?? null,
    run_link: null,
    source: version.source,
    status: version.status,
    status_message: version.statusMessage ?? null,
    storage_location: version.storageLocation ?? version.source,
    user_id: null,
    version: Number(version.version),
  });
  return 1;
}

function refuseName(name: string): never {
  return refuse({
    code: "RUNS_DIFFER",
    message:
      `Cannot write the registered model ${
        JSON.stringify(name)
      } into a folder of runs as no folder can have ` +
      "its name",
    hint: "Bring the runs to a file, as runs.db, which takes every name",
  });
}
