/** Reads logged and registered models of an `mlruns` folder, for another store. */
import { join } from "node:path";
import { z } from "zod";
import { lazySchema } from "../core/lazy_schema.ts";
import { present } from "../core/mlflow_scalars.ts";
import type { MovedRegisteredModel } from "../core/ports/moved_runs.ts";
import type { LoggedModel, ModelVersion } from "../core/tracking.ts";
import {
  foldersIn,
  look,
  OptionalText,
  OptionalWhole,
  readMeta,
  readPairs,
  readText,
  refuseFile,
  Text,
  Whole,
} from "./run_folder.ts";
import { readModelPoints } from "./run_folder_metrics.ts";
import { loggedModelStatuses } from "./sqlite_logged_models.ts";

const LoggedModelMeta = lazySchema(() =>
  z.object({
    name: Text,
    artifact_location: OptionalText,
    creation_timestamp: Whole,
    last_updated_timestamp: Whole,
    model_type: OptionalText,
    source_run_id: OptionalText,
    status: z.enum(["1", "2", "3"]),
    status_message: OptionalText,
    lifecycle_stage: OptionalText,
  })
);
const RegisteredMeta = lazySchema(() =>
  z.object({
    name: Text,
    creation_timestamp: Whole,
    last_updated_timestamp: OptionalWhole,
    description: OptionalText,
  })
);
const VersionMeta = lazySchema(() =>
  z.object({
    creation_timestamp: Whole,
    last_updated_timestamp: OptionalWhole,
    description: OptionalText,
    source: OptionalText,
    run_id: OptionalText,
    model_id: OptionalText,
    status: z.enum(["READY", "PENDING_REGISTRATION", "FAILED_REGISTRATION"]).default("READY"),
    status_message: OptionalText,
    current_stage: OptionalText,
    storage_location: OptionalText,
  })
);

/** Those of one experiment that are not deleted, oldest first. */
export async function readLoggedModels(folder: string, experimentId: string): Promise<LoggedModel[]> {
  const models: LoggedModel[] = [];
  for (const id of foldersIn(folder)) {
    const place = join(folder, id);
    if (!/^m-[0-9a-zA-Z]+$/.test(id) || look(join(place, "meta.yaml")) === undefined) continue;
    const meta = await readMeta(join(place, "meta.yaml"), LoggedModelMeta);
    if (meta.lifecycle_stage === "deleted") continue;
    models.push(present({
      id,
      experimentId,
      name: meta.name,
      artifactUri: meta.artifact_location ?? join(place, "artifacts"),
      createdAt: meta.creation_timestamp,
      updatedAt: meta.last_updated_timestamp,
      status: loggedModelStatuses[Number(meta.status) - 1] ?? "PENDING",
      statusMessage: meta.status_message,
      modelType: meta.model_type,
      sourceRunId: meta.source_run_id,
      tags: readPairs(join(place, "tags")),
      parameters: readPairs(join(place, "params")),
      metrics: readModelPoints(join(place, "metrics"), id),
    }));
  }
  return models.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}

export async function readRegisteredModels(folder: string): Promise<MovedRegisteredModel[]> {
  const models: MovedRegisteredModel[] = [];
  for (const name of foldersIn(folder)) {
    const place = join(folder, name);
    if (look(join(place, "meta.yaml")) === undefined) continue;
    const meta = await readMeta(join(place, "meta.yaml"), RegisteredMeta);
    const aliases = readAliases(join(place, "aliases"));
    models.push(present({
      name: meta.name,
      createdAt: meta.creation_timestamp,
      updatedAt: meta.last_updated_timestamp ?? meta.creation_timestamp,
      description: meta.description,
      tags: readPairs(join(place, "tags")),
      aliases,
      versions: await readVersions(place, meta.name, aliases),
    }));
  }
  return models;
}

type Alias = MovedRegisteredModel["aliases"][number];

function readAliases(folder: string): Alias[] {
  if (look(folder) === undefined) return [];
  return [...Deno.readDirSync(folder)].map(({ name }) => {
    const path = join(folder, name);
    const version = readText(path, 100).trim();
    return /^\d{1,15}$/.test(version) ? { alias: name, version } : refuseFile(path, "it holds no version");
  }).sort((a, b) => a.alias < b.alias ? -1 : 1);
}

/** Of one registered model, oldest first. */
export async function readVersions(
  folder: string,
  name: string,
  aliases: readonly Alias[],
): Promise<ModelVersion[]> {
  const versions: ModelVersion[] = [];
  for (const entry of foldersIn(folder)) {
    const version = /^version-(\d{1,15})$/.exec(entry)?.[1];
    if (version === undefined || look(join(folder, entry, "meta.yaml")) === undefined) continue;
    const meta = await readMeta(join(folder, entry, "meta.yaml"), VersionMeta);
    if (meta.current_stage === "Deleted_Internal") continue;
    versions.push(present({
      name,
      version,
      createdAt: meta.creation_timestamp,
      updatedAt: meta.last_updated_timestamp ?? meta.creation_timestamp,
      description: meta.description,
      source: meta.source ?? "",
      runId: meta.run_id,
      modelId: meta.model_id,
      status: meta.status,
      statusMessage: meta.status_message,
      stage: meta.current_stage ?? "None",
      tags: readPairs(join(folder, entry, "tags")),
      aliases: aliases.filter((one) => one.version === version).map(({ alias }) => alias),
      storageLocation: meta.storage_location,
    }));
  }
  return versions.sort((a, b) => Number(a.version) - Number(b.version));
}
