/** Reads whole runs of an `mlruns` folder, for another store. */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { lazySchema } from "../core/lazy_schema.ts";
import type { MovedRun, RunSource } from "../core/ports/moved_runs.ts";
import type { DatasetInput, Experiment, ModelInput, ModelOutput, RunInfo } from "../core/tracking.ts";
import { present } from "../core/mlflow_scalars.ts";
import { locateBeside } from "./artifact_location.ts";
import { readLoggedModels, readRegisteredModels } from "./folder_model_source.ts";
import { openLocalArtifacts } from "./local_artifacts.ts";
import { latestOf } from "./sqlite_metrics.ts";
import {
  foldersIn,
  look,
  OptionalText,
  OptionalWhole,
  readMeta,
  readPairs,
  refuseFile,
  Text,
  Whole,
} from "./run_folder.ts";
import { readPoints } from "./run_folder_metrics.ts";

/** By MLflow's numbers: `RunStatus` of `service.proto`. */
export const statusNumbers = ["", "RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;
export const trash = ".trash";
/** What MLflow takes for the id of a run. */
const runName = /^[a-zA-Z0-9][\w-]{0,255}$/;

const LifecycleStage = lazySchema(() => z.enum(["active", "deleted"]).default("active"));
const ExperimentMeta = lazySchema(() =>
  z.object({
    name: Text,
    artifact_location: OptionalText,
    lifecycle_stage: LifecycleStage,
    creation_time: OptionalWhole,
    last_update_time: OptionalWhole,
  })
);
const RunMeta = lazySchema(() =>
  z.object({
    run_id: OptionalText,
    artifact_uri: OptionalText,
    run_name: OptionalText,
    name: OptionalText,
    user_id: OptionalText,
    status: z.enum(["1", "2", "3", "4", "5"]),
    start_time: Whole,
    end_time: OptionalWhole,
    lifecycle_stage: LifecycleStage,
  })
);
const InputMeta = lazySchema(() =>
  z.object({
    source_type: Text,
    source_id: Text,
    destination_type: Text,
    destination_id: Text,
    step: OptionalWhole,
    tags: z.record(z.string(), z.string()).nullish().transform((tags) => tags ?? {}),
  })
);
const DatasetMeta = lazySchema(() =>
  z.object({
    name: Text,
    digest: Text,
    source_type: Text,
    source: Text,
    schema: OptionalText,
    profile: OptionalText,
  })
);

/** Throws RUNS_UNREADABLE for a folder that holds no experiment. */
export function openFolderRunSource(path: string): RunSource {
  const root = resolve(path);
  const places = experimentFolders(root);
  if (places.length === 0) {
    refuseFile(root, "it is no `mlruns` folder: no folder in it has the `meta.yaml` of an experiment");
  }
  const folderOf = ({ id }: { readonly id: string }) => places.find((place) => basename(place) === id)!;
  const runFolder = (info: RunInfo) => join(folderOf({ id: info.experimentId }), info.id);
  return {
    uri: root,
    isOfFiles: true,
    experiments: () => Promise.all(places.map(readExperiment)),
    runs: (experiment) => readInfos(folderOf(experiment), experiment),
    read: async (info) => await readRun(runFolder(info), info),
    loggedModels: (experiment) => readLoggedModels(join(folderOf(experiment), "models"), experiment.id),
    registeredModels: () => readRegisteredModels(join(root, "models")),
    artifacts: openLocalArtifacts(dirname(root)),
    locate: (location) =>
      locateBeside(location, dirname(root), [root, join(root, trash), dirname(root)], existsSync),
    close: () => Promise.resolve(),
  };
}

/** Of all experiments, deleted ones as well. */
export const experimentFolders = (root: string): string[] =>
  [root, join(root, trash)].flatMap((parent) =>
    foldersIn(parent)
      .filter((name) => /^\d+$/.test(name) && look(join(parent, name, "meta.yaml")) !== undefined)
      .map((name) => join(parent, name))
  );

export async function readExperiment(folder: string): Promise<Experiment> {
  const meta = await readMeta(join(folder, "meta.yaml"), ExperimentMeta);
  return present({
    id: basename(folder),
    name: meta.name,
    artifactLocation: meta.artifact_location ?? folder,
    lifecycleStage: basename(dirname(folder)) === trash ? "deleted" as const : meta.lifecycle_stage,
    createdAt: meta.creation_time,
    updatedAt: meta.last_update_time,
    tags: readPairs(join(folder, "tags")),
  });
}

async function readInfos(folder: string, experiment: Experiment): Promise<RunInfo[]> {
  const infos: RunInfo[] = [];
  for (const id of foldersIn(folder)) {
    // A folder without is one that MLflow was about to make, or remove.
    const isRun = runName.test(id) && look(join(folder, id, "meta.yaml")) !== undefined;
    if (isRun) infos.push(await readInfo(join(folder, id), experiment.id));
  }
  return infos.sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
}

export async function readInfo(folder: string, experimentId: string): Promise<RunInfo> {
  const meta = await readMeta(join(folder, "meta.yaml"), RunMeta);
  if (meta.run_id !== undefined && meta.run_id !== basename(folder)) {
    refuseFile(join(folder, "meta.yaml"), "its `run_id` is not the name of its folder");
  }
  const status = statusNumbers[Number(meta.status)];
  return present({
    id: basename(folder),
    name: meta.run_name ?? meta.name ?? "",
    experimentId,
    status: status === undefined || status === "" ? "RUNNING" as const : status,
    startedAt: meta.start_time,
    endedAt: meta.end_time,
    artifactUri: meta.artifact_uri ?? join(folder, "artifacts"),
    lifecycleStage: meta.lifecycle_stage,
    user: meta.user_id ?? "",
  });
}

/** With all that was logged to it. */
export async function readRun(folder: string, info: RunInfo): Promise<MovedRun> {
  const points = readPoints(join(folder, "metrics"));
  const inputs = await readInputs(folder);
  return {
    info,
    points,
    metrics: [...latestOf(points)],
    parameters: readPairs(join(folder, "params")),
    tags: readPairs(join(folder, "tags")),
    ...inputs,
    modelOutputs: await readOutputs(join(folder, "outputs")),
  };
}

async function readInputs(
  run: string,
): Promise<{ readonly datasetInputs: DatasetInput[]; readonly modelInputs: ModelInput[] }> {
  const [datasetInputs, modelInputs]: [DatasetInput[], ModelInput[]] = [[], []];
  for (const name of foldersIn(join(run, "inputs"))) {
    const path = join(run, "inputs", name, "meta.yaml");
    const meta = await readMeta(path, InputMeta);
    if (meta.destination_type === "MODEL_INPUT" || meta.source_type === "RUN_INPUT") {
      modelInputs.push({ modelId: meta.destination_id });
      continue;
    }
    if (!/^[0-9a-zA-Z]+$/.test(meta.source_id)) {
      refuseFile(path, "its dataset has no id as MLflow gives them");
    }
    const dataset = await readMeta(join(dirname(run), "datasets", meta.source_id, "meta.yaml"), DatasetMeta);
    datasetInputs.push({
      tags: Object.entries(meta.tags).map(([key, value]) => ({ key, value })),
      dataset: present({
        name: dataset.name,
        digest: dataset.digest,
        sourceType: dataset.source_type,
        source: dataset.source,
        schema: dataset.schema,
        profile: dataset.profile,
      }),
    });
  }
  return { datasetInputs, modelInputs };
}

async function readOutputs(folder: string): Promise<ModelOutput[]> {
  const outputs: ModelOutput[] = [];
  for (const name of foldersIn(folder)) {
    const meta = await readMeta(join(folder, name, "meta.yaml"), InputMeta);
    outputs.push({ modelId: meta.destination_id, step: meta.step ?? 0 });
  }
  return outputs;
}
