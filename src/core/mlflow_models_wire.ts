/**
 * MLflow's REST messages about logged models, registered models and their versions, to and from the tracker's
 * words. Field names follow `service.proto` and `model_registry.proto` of MLflow 3.17.2.
 */
import { z } from "zod";
import {
  listOf,
  optional,
  present,
  WireInteger,
  type WireObject,
  WireParameter,
  WireTag,
} from "./mlflow_scalars.ts";
import { WireModelMetric, writeMetric } from "./mlflow_wire.ts";
import type { LoggedModel, LoggedModelStatus, ModelVersion, RegisteredModel } from "./tracking.ts";

const statusPrefix = "LOGGED_MODEL_";
/** `LOGGED_MODEL_READY`; a failed one is `LOGGED_MODEL_UPLOAD_FAILED`. */
export const WireLoggedModelStatus = z.enum([
  "LOGGED_MODEL_PENDING",
  "LOGGED_MODEL_READY",
  "LOGGED_MODEL_UPLOAD_FAILED",
]).transform((status): LoggedModelStatus =>
  status === "LOGGED_MODEL_READY" ? "READY" : status === "LOGGED_MODEL_PENDING" ? "PENDING" : "FAILED"
);
export const writeLoggedModelStatus = (status: LoggedModelStatus): string =>
  `${statusPrefix}${status === "FAILED" ? "UPLOAD_FAILED" : status}`;

export const WireLoggedModel = z.object({
  info: z.object({
    model_id: z.string(),
    experiment_id: z.string(),
    name: z.string().default(""),
    creation_timestamp_ms: WireInteger,
    last_updated_timestamp_ms: WireInteger,
    artifact_uri: z.string().default(""),
    status: WireLoggedModelStatus.default("PENDING"),
    status_message: optional(z.string()),
    model_type: optional(z.string()),
    source_run_id: optional(z.string()),
    tags: listOf(WireTag),
  }),
  data: optional(z.object({ params: listOf(WireParameter), metrics: listOf(WireModelMetric) })),
}).transform(({ info, data }): LoggedModel =>
  present({
    id: info.model_id,
    experimentId: info.experiment_id,
    name: info.name,
    artifactUri: info.artifact_uri,
    createdAt: info.creation_timestamp_ms,
    updatedAt: info.last_updated_timestamp_ms,
    status: info.status,
    statusMessage: filled(info.status_message),
    modelType: filled(info.model_type),
    sourceRunId: filled(info.source_run_id),
    tags: info.tags,
    parameters: data?.params ?? [],
    metrics: data?.metrics ?? [],
  })
);
export const writeLoggedModel = (model: LoggedModel): WireObject => ({
  info: {
    model_id: model.id,
    experiment_id: model.experimentId,
    name: model.name,
    creation_timestamp_ms: model.createdAt,
    last_updated_timestamp_ms: model.updatedAt,
    artifact_uri: model.artifactUri,
    status: writeLoggedModelStatus(model.status),
    status_message: model.statusMessage,
    model_type: model.modelType,
    source_run_id: model.sourceRunId,
    tags: model.tags,
  },
  data: {
    params: model.parameters,
    metrics: model.metrics.map(({ runId, ...metric }) => ({ ...writeMetric(metric), run_id: runId })),
  },
});

export const WireModelVersion = z.object({
  name: z.string(),
  version: z.string(),
  creation_timestamp: WireInteger,
  last_updated_timestamp: optional(WireInteger),
  description: optional(z.string()),
  source: z.string().default(""),
  run_id: optional(z.string()),
  model_id: optional(z.string()),
  status: z.enum(["READY", "PENDING_REGISTRATION", "FAILED_REGISTRATION"]).default("READY"),
  status_message: optional(z.string()),
  current_stage: z.string().default("None"),
  tags: listOf(WireTag),
  aliases: listOf(z.string()),
}).transform((wire): ModelVersion =>
  present({
    name: wire.name,
    version: wire.version,
    createdAt: wire.creation_timestamp,
    updatedAt: wire.last_updated_timestamp ?? wire.creation_timestamp,
    description: filled(wire.description),
    source: wire.source,
    runId: filled(wire.run_id),
    modelId: filled(wire.model_id),
    status: wire.status,
    statusMessage: filled(wire.status_message),
    stage: wire.current_stage,
    tags: wire.tags,
    aliases: wire.aliases,
  })
);
export const writeModelVersion = (version: ModelVersion): WireObject => ({
  name: version.name,
  version: version.version,
  creation_timestamp: version.createdAt,
  last_updated_timestamp: version.updatedAt,
  current_stage: version.stage,
  description: version.description ?? "",
  source: version.source,
  run_id: version.runId,
  model_id: version.modelId,
  status: version.status,
  status_message: version.statusMessage,
  tags: version.tags,
  aliases: version.aliases,
});

export const WireRegisteredModel = z.object({
  name: z.string(),
  creation_timestamp: WireInteger,
  last_updated_timestamp: optional(WireInteger),
  description: optional(z.string()),
  tags: listOf(WireTag),
  aliases: listOf(z.object({ alias: z.string(), version: z.string() })),
  latest_versions: listOf(WireModelVersion),
}).transform((wire): RegisteredModel =>
  present({
    name: wire.name,
    createdAt: wire.creation_timestamp,
    updatedAt: wire.last_updated_timestamp ?? wire.creation_timestamp,
    description: filled(wire.description),
    tags: wire.tags,
    aliases: wire.aliases,
    latestVersions: wire.latest_versions,
  })
);
export const writeRegisteredModel = (model: RegisteredModel): WireObject => ({
  name: model.name,
  creation_timestamp: model.createdAt,
  last_updated_timestamp: model.updatedAt,
  description: model.description,
  tags: model.tags,
  aliases: model.aliases,
  latest_versions: model.latestVersions.map(writeModelVersion),
});

/** An empty text is an absent one in proto. */
const filled = (text: string | undefined): string | undefined => text === "" ? undefined : text;
