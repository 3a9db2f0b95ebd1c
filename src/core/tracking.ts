/** The tracker's words, MLflow's own: experiment, run, metric, tag, logged model, registered model, version. */
import type { Instant } from "./event.ts";

export type MlflowRunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";
export type LifecycleStage = "active" | "deleted";

/** The MLflow whose schema a tracker's file has: another version of it refuses the file. */
export const mlflowOfFile = "3.17.2";

export interface Tag {
  readonly key: string;
  readonly value: string;
}
/** The value of a tag; undefined where there is none of that key. */
export const tagOf = ({ tags }: { readonly tags: readonly Tag[] }, key: string): string | undefined =>
  tags.find((tag) => tag.key === key)?.value;

/** A parameter as it is logged: text. */
export interface LoggedParameter {
  readonly key: string;
  readonly value: string;
}

export interface Experiment {
  readonly id: string;
  readonly name: string;
  /** A path, a `file://` URL or `mlflow-artifacts:/…`. */
  readonly artifactLocation: string;
  readonly lifecycleStage: LifecycleStage;
  readonly createdAt?: Instant;
  readonly updatedAt?: Instant;
  readonly tags: readonly Tag[];
}

/** One point. NaN and the infinities are values like others. */
export interface Metric {
  readonly key: string;
  readonly value: number;
  readonly timestamp: Instant;
  readonly step: number;
  /** Of a metric that belongs to a logged model or a dataset. */
  readonly modelId?: string;
  readonly datasetName?: string;
  readonly datasetDigest?: string;
}

export interface RunInfo {
  /** 32 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly experimentId: string;
  readonly status: MlflowRunStatus;
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
  readonly artifactUri: string;
  readonly lifecycleStage: LifecycleStage;
  readonly user: string;
}
export interface DatasetInput {
  readonly tags: readonly Tag[];
  readonly dataset: {
    readonly name: string;
    readonly digest: string;
    readonly sourceType: string;
    readonly source: string;
    readonly schema?: string;
    readonly profile?: string;
  };
}
export interface ModelInput {
  readonly modelId: string;
}
export interface ModelOutput {
  readonly modelId: string;
  readonly step: number;
}
export interface Run {
  readonly info: RunInfo;
  /** The latest point of each metric. */
  readonly metrics: readonly Metric[];
  readonly parameters: readonly LoggedParameter[];
  readonly tags: readonly Tag[];
  readonly datasetInputs: readonly DatasetInput[];
  readonly modelInputs: readonly ModelInput[];
  readonly modelOutputs: readonly ModelOutput[];
}

/** A run of which no more is told. */
export const bareRun = (info: RunInfo, tags: readonly Tag[]): Run => ({ info, tags, ...nothingLogged });

const nothingLogged = {
  metrics: [],
  parameters: [],
  datasetInputs: [],
  modelInputs: [],
  modelOutputs: [],
} as const;

export interface NewRun {
  /** A new id when absent. A server chooses itself. */
  readonly id?: string;
  readonly experimentId: string;
  readonly name: string;
  readonly user: string;
  readonly startedAt: Instant;
  readonly tags: readonly Tag[];
  /** Where its artifacts lie already; a place of its own by default. A server chooses itself, whatever this says. */
  readonly artifactUri?: string;
}
/** How a run ends, with what is logged to it at that moment. */
export interface RunEnd extends RunBatch {
  readonly status: MlflowRunStatus;
  readonly endedAt: Instant;
  /** Models that it lists as its own. Those that the tracker does not have are left out. */
  readonly models?: readonly ModelOutput[];
}
/** A run that has ended before it is recorded. */
export type EndedRun = Omit<NewRun, "id"> & RunEnd;
export interface RunUpdate {
  readonly status?: MlflowRunStatus;
  readonly endedAt?: Instant;
  readonly name?: string;
}
export interface RunBatch {
  readonly metrics?: readonly Metric[];
  readonly parameters?: readonly LoggedParameter[];
  readonly tags?: readonly Tag[];
}

export interface RunSearch {
  readonly experimentIds: readonly string[];
  /** Runs that have each of these tags with this value. */
  readonly tags?: readonly Tag[];
  readonly statuses?: readonly MlflowRunStatus[];
  /** Newest first. */
  readonly limit: number;
  /** Of each run no more than its info and these tags: of very many, the rest would fill the memory. */
  readonly onlyTags?: readonly string[];
}

/** One page of a longer answer. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken?: string;
}

export type LoggedModelStatus = "PENDING" | "READY" | "FAILED";
export interface LoggedModel {
  /** `m-` and 32 hex digits. */
  readonly id: string;
  readonly experimentId: string;
  readonly name: string;
  readonly artifactUri: string;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  readonly status: LoggedModelStatus;
  readonly statusMessage?: string;
  readonly modelType?: string;
  readonly sourceRunId?: string;
  readonly tags: readonly Tag[];
  readonly parameters: readonly LoggedParameter[];
  readonly metrics: readonly (Metric & { readonly runId: string })[];
}
export interface NewLoggedModel {
  readonly experimentId: string;
  readonly name?: string;
  readonly modelType?: string;
  readonly sourceRunId?: string;
  readonly tags: readonly Tag[];
  readonly parameters: readonly LoggedParameter[];
}

export interface ModelVersion {
  readonly name: string;
  readonly version: string;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  readonly description?: string;
  readonly source: string;
  readonly runId?: string;
  readonly modelId?: string;
  readonly status: "READY" | "PENDING_REGISTRATION" | "FAILED_REGISTRATION";
  readonly statusMessage?: string;
  readonly stage: string;
  readonly tags: readonly Tag[];
  readonly aliases: readonly string[];
  readonly storageLocation?: string;
}
export interface RegisteredModel {
  readonly name: string;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  readonly description?: string;
  readonly tags: readonly Tag[];
  readonly aliases: readonly { readonly alias: string; readonly version: string }[];
  readonly latestVersions: readonly ModelVersion[];
}
export interface NewModelVersion {
  readonly name: string;
  readonly source: string;
  readonly runId?: string;
  readonly modelId?: string;
  readonly description?: string;
  readonly tags: readonly Tag[];
}

/** A file or folder among a run's artifacts. */
export interface ArtifactInfo {
  /** Relative to the artifact root, with forward slashes. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly sizeBytes?: number;
}

/** An MLflow error: what the store answers when it refuses. `code` is MLflow's own, such as RESOURCE_DOES_NOT_EXIST. */
export class TrackingError extends Error {
  override readonly name = "TrackingError";
  constructor(
    readonly code:
      | "RESOURCE_DOES_NOT_EXIST"
      | "RESOURCE_ALREADY_EXISTS"
      | "INVALID_PARAMETER_VALUE"
      | "INVALID_STATE"
      | "BAD_REQUEST"
      | "PERMISSION_DENIED"
      | "ENDPOINT_NOT_FOUND"
      | "INTERNAL_ERROR",
    message: string,
  ) {
    super(message);
  }
}
