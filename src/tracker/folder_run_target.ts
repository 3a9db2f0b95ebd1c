/** Takes whole runs of another store into an `mlruns` folder: a run shows there when its `meta.yaml` is written, the last. */
import { basename, dirname, join, resolve } from "node:path";
import { refuse } from "../core/error.ts";
import { pathToFileURL } from "../core/file_url.ts";
import type { Change, MovedRun, RunTarget } from "../core/ports/moved_runs.ts";
import type { Experiment } from "../core/tracking.ts";
import { putModel, putRegisteredModel } from "./folder_model_target.ts";
import {
  experimentFolders,
  readExperiment,
  readInfo,
  readRun,
  statusNumbers,
  trash,
} from "./folder_run_source.ts";
import { openLocalArtifacts } from "./local_artifacts.ts";
import { checkSameExperiment, checkSameParameters, isLaterEnd, ownerOf } from "./moved_run_rules.ts";
import { look } from "./run_folder.ts";
import { linesByKey, pointLine } from "./run_folder_metrics.ts";
import { idOf, writeLines, writeMeta, writePairs } from "./run_folder_write.ts";

/** A folder that is not there is made. Throws FOLDER_NOT_WRITABLE for one that holds something else. */
export async function openFolderRunTarget(path: string): Promise<RunTarget> {
  const root = resolve(path);
  await Deno.mkdir(root, { recursive: true });
  const folders = new Map(experimentFolders(root).map((folder) => [basename(folder), folder]));
  if (folders.size === 0 && [...Deno.readDirSync(root)].length > 0) refuseForeign(root);
  const experiments = await Promise.all([...folders.values()].map(readExperiment));
  const locationOf = ({ id }: Experiment, ...names: readonly string[]) =>
    pathToFileURL(join(folders.get(id)!, ...names)).href;
  return {
    uri: root,
    keepsIds: true,
    async placeExperiment(experiment) {
      const found = experiments.find(({ name }) => name === experiment.name);
      if (found !== undefined) checkSameExperiment(experiment, found);
      const id = found?.id ?? freeId(experiment.id, new Set(folders.keys()));
      const parent = experiment.lifecycleStage === "deleted" ? join(root, trash) : root;
      const folder = folders.get(id) ?? join(parent, id);
      folders.set(id, folder);
      const placed = found ?? { ...experiment, id, artifactLocation: pathToFileURL(folder).href };
      if (found === undefined) {
        await writeMeta(folder, experimentMeta(placed));
        experiments.push(placed);
      }
      const known = new Set(found?.tags.map(({ key }) => key));
      await writePairs(join(folder, "tags"), experiment.tags.filter(({ key }) => !known.has(key)));
      return placed;
    },
    placeRun: (run, experiment) =>
      Promise.resolve({ id: run.id, artifactUri: locationOf(experiment, ownerOf(run), "artifacts") }),
    putRun: (run) => putRun(join(folders.get(run.info.experimentId)!, run.info.id), run),
    placeModel: ({ id }, experiment) =>
      Promise.resolve({ id, artifactUri: locationOf(experiment, "models", id, "artifacts") }),
    putModel: (model) => putModel(join(folders.get(model.experimentId)!, "models", model.id), model),
    putRegisteredModel: (model) => putRegisteredModel(join(root, "models", model.name), model),
    artifacts: openLocalArtifacts(dirname(root)),
    close: () => Promise.resolve(),
  };
}

function refuseForeign(root: string): never {
  return refuse({
    code: "FOLDER_NOT_WRITABLE",
    message: `Cannot bring runs to \`${root}\` as it holds something else than runs`,
    hint: "Name a folder that is empty, or is not there yet",
  });
}

/** Its own where that is free, else the next number. */
function freeId(id: string, taken: ReadonlySet<string>): string {
  if (/^\d+$/.test(id) && !taken.has(id)) return id;
  for (let next = 1;; next++) if (!taken.has(String(next))) return String(next);
}

const experimentMeta = (experiment: Experiment) => ({
  artifact_location: experiment.artifactLocation,
  creation_time: experiment.createdAt ?? null,
  experiment_id: experiment.id,
  last_update_time: experiment.updatedAt ?? null,
  lifecycle_stage: experiment.lifecycleStage,
  name: experiment.name,
});

async function putRun(folder: string, run: MovedRun): Promise<Change> {
  const isThere = look(join(folder, "meta.yaml")) !== undefined;
  const known = isThere ? await readRun(folder, await readInfo(folder, run.info.experimentId)) : undefined;
  if (known !== undefined) checkSameParameters(run, known);
  let written = await writePairs(join(folder, "params"), run.parameters);
  written += await writePairs(join(folder, "tags"), run.tags);
  written += await writeLines(join(folder, "metrics"), linesByKey(run.points, (point) => pointLine(point)));
  written += await putLinks(folder, run);
  // Without these MLflow takes it for no run.
  for (const name of ["artifacts", "metrics", "params", "tags"]) {
    await Deno.mkdir(join(folder, name), { recursive: true });
  }
  if (known === undefined) {
    await writeMeta(folder, runMeta(run));
    return "new";
  }
  const { status, endedAt, name } = known.info;
  const { info } = run;
  if (
    isLaterEnd(info, known.info) && (info.status !== status || info.endedAt !== endedAt || info.name !== name)
  ) {
    await writeMeta(folder, runMeta(run));
    return "changed";
  }
  return written > 0 ? "changed" : "same";
}

/** What the run read and made. Gives how many files were written. */
async function putLinks(folder: string, run: MovedRun): Promise<number> {
  const { id } = run.info;
  let written = 0;
  const put = async (place: string, fields: Parameters<typeof writeMeta>[1]) => {
    if (look(join(place, "meta.yaml")) !== undefined) return;
    await writeMeta(place, fields);
    written++;
  };
  for (const { dataset, tags } of run.datasetInputs) {
    const datasetId = idOf(dataset.name, dataset.digest);
    await put(join(dirname(folder), "datasets", datasetId), {
      digest: dataset.digest,
      name: dataset.name,
      profile: dataset.profile ?? null,
      schema: dataset.schema ?? null,
      source: dataset.source,
      source_type: dataset.sourceType,
    });
    await put(join(folder, "inputs", idOf(datasetId, id)), {
      destination_id: id,
      destination_type: "RUN",
      source_id: datasetId,
      source_type: "DATASET",
      tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    });
  }
  for (const { modelId } of run.modelInputs) {
    await put(join(folder, "inputs", idOf(modelId, id)), {
      destination_id: modelId,
      destination_type: "MODEL_INPUT",
      source_id: id,
      source_type: "RUN_INPUT",
      tags: {},
    });
  }
  for (const { modelId, step } of run.modelOutputs) {
    await put(join(folder, "outputs", modelId), {
      destination_id: modelId,
      destination_type: "MODEL_OUTPUT",
      source_id: id,
      source_type: "RUN_OUTPUT",
      step,
      tags: {},
    });
  }
  return written;
}

const runMeta = ({ info }: MovedRun) => ({
  artifact_uri: info.artifactUri,
  end_time: info.endedAt ?? null,
  entry_point_name: "",
  experiment_id: info.experimentId,
  lifecycle_stage: info.lifecycleStage,
  run_id: info.id,
  run_name: info.name,
  source_name: "",
  // MLflow's number for UNKNOWN.
  source_type: 4,
  source_version: "",
  start_time: info.startedAt,
  status: statusNumbers.indexOf(info.status),
  user_id: info.user,
});
