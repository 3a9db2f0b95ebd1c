/** The port of `tracker/`. */
import type {
  ArtifactInfo,
  DatasetInput,
  EndedRun,
  Experiment,
  LoggedModel,
  LoggedModelStatus,
  LoggedParameter,
  Metric,
  ModelInput,
  ModelOutput,
  ModelVersion,
  NewLoggedModel,
  NewModelVersion,
  NewRun,
  Page,
  RegisteredModel,
  Run,
  RunBatch,
  RunEnd,
  RunInfo,
  RunSearch,
  RunUpdate,
  Tag,
} from "../tracking.ts";

/**
 * MLflow's tracking store, one of: a SQLite file, a server. Methods throw `TrackingError` where MLflow would
 * refuse, and `SluiceError` where the store cannot be used at all: whatever is asked for by id or name and not there is
 * RESOURCE_DOES_NOT_EXIST, whatever is not as MLflow wants it INVALID_PARAMETER_VALUE. Times are in milliseconds since
 * 1970, UTC.
 */
export interface Tracker {
  /** `sqlite:////absolute/mlflow.db` or `http://…`. */
  readonly uri: string;

  /** Also one that is deleted. */
  getExperiment(id: string): Promise<Experiment>;
  /** Undefined where there is none of that name; also one that is deleted. */
  findExperiment(name: string): Promise<Experiment | undefined>;
  /** Throws RESOURCE_ALREADY_EXISTS for a name that is taken. */
  createExperiment(name: string, tags?: readonly Tag[]): Promise<Experiment>;
  /** In no order that can be counted on; a file gives deleted ones as well, a server does not. */
  listExperiments(): Promise<readonly Experiment[]>;

  /** A run with an empty name is given one. */
  createRun(run: NewRun): Promise<RunInfo>;
  /**
   * The same, for who has many to begin: `run` can be used at once, `recorded` settles when it is on disk, which is soon.
   * What is asked of the tracker later comes after it.
   */
  beginRun(
    run: NewRun,
    parameters: readonly LoggedParameter[],
  ): Promise<{ readonly run: RunInfo; readonly recorded: Promise<void> }>;
  /** Settles when it is on disk, together with what else is asked for in these milliseconds. */
  endRun(id: string, end: RunEnd): Promise<void>;
  /** All or nothing; a server is told of one after the other. In the order they are given. */
  recordRuns(runs: readonly EndedRun[]): Promise<readonly RunInfo[]>;
  /** With the latest point of each metric; a run that is deleted as well. */
  getRun(id: string): Promise<Run>;
  /** What `update` leaves out stays as it is. Refuses a run that is deleted. */
  updateRun(id: string, update: RunUpdate): Promise<RunInfo>;
  /**
   * All or nothing; of any size: a server is sent a large one in parts, each of them all or nothing. A parameter logged
   * again with another value is refused, as MLflow does. Values too long for MLflow are cut.
   */
  logBatch(runId: string, batch: RunBatch): Promise<void>;
  /** Refuses a tag that the run has not. */
  deleteTag(runId: string, key: string): Promise<void>;
  /** A dataset is the same where its name and digest are; what a run has already is left as it is. */
  logInputs(runId: string, datasets: readonly DatasetInput[], models: readonly ModelInput[]): Promise<void>;
  /** Logged models that the run made; one that it has already is left as it is. */
  logOutputs(runId: string, models: readonly ModelOutput[]): Promise<void>;
  /** Oldest first; nothing for a run that is not there, as MLflow answers. */
  getMetricHistory(
    runId: string,
    key: string,
    page?: { readonly token?: string; readonly limit?: number },
  ): Promise<Page<Metric>>;
  /** Newest first, of those that are not deleted. */
  searchRuns(search: RunSearch): Promise<readonly Run[]>;

  /** With the status PENDING; one without a name is given one. */
  createLoggedModel(model: NewLoggedModel): Promise<LoggedModel>;
  /** With all that was logged to it. */
  getLoggedModel(id: string): Promise<LoggedModel>;
  /** Its files are there, or will never be. */
  finalizeLoggedModel(id: string, status: LoggedModelStatus): Promise<LoggedModel>;
  /** A tag of the same key is written over. */
  setLoggedModelTags(id: string, tags: readonly Tag[]): Promise<void>;
  /** Refuses a tag that the model has not. */
  deleteLoggedModelTag(id: string, key: string): Promise<void>;
  /** Refuses a parameter that the model has already, with BAD_REQUEST. */
  logLoggedModelParameters(id: string, parameters: readonly LoggedParameter[]): Promise<void>;

  /** Throws RESOURCE_ALREADY_EXISTS for a name that is taken. */
  createRegisteredModel(
    name: string,
    options?: { readonly description?: string; readonly tags?: readonly Tag[] },
  ): Promise<RegisteredModel>;
  /** With its aliases and latest versions. */
  getRegisteredModel(name: string): Promise<RegisteredModel>;
  /** With `modelId`, the logged model is told of the version in its tag `mlflow.modelVersions`. */
  createModelVersion(version: NewModelVersion): Promise<ModelVersion>;
  /** `version` is a whole number as text. */
  getModelVersion(name: string, version: string): Promise<ModelVersion>;
  /** Refuses an alias that the model has not, with INVALID_PARAMETER_VALUE. */
  getModelVersionByAlias(name: string, alias: string): Promise<ModelVersion>;
  /** Takes the alias from the version that has it. */
  setModelAlias(name: string, alias: string, version: string): Promise<void>;

  /** Files under an artifact location, as `RunInfo.artifactUri` and `LoggedModel.artifactUri` name them. */
  readonly artifacts: Artifacts;
  /** What was asked for before is on disk, or sent. */
  close(): Promise<void>;
}

/** The content of a file; a `ReadableStream` is one. */
export type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Paths below a location are relative, with forward slashes; whatever leaves it is refused. */
export interface Artifacts {
  /** The folder on this machine that holds the location; undefined when only the network leads there. */
  localFolder(location: string): string | undefined;
  /** What lies right below `path`, sorted by name, paths from the location on; nothing where nothing is. Links are left out. */
  list(location: string, path: string): Promise<readonly ArtifactInfo[]>;
  /** The bytes of a file. Throws RESOURCE_DOES_NOT_EXIST. */
  read(location: string, path: string): Promise<ReadableStream<Uint8Array>>;
  /** Complete or not at all. `content` is read as it is written, piece by piece. */
  write(location: string, path: string, content: Pieces): Promise<void>;
  /**
   * Takes a file or folder as the artifact `path`: moved where possible, else copied and removed. A power loss may take
   * it, or its bytes, until it is secured.
   */
  take(location: string, path: string, from: string): Promise<void>;
  /** Settles when these files and empty folders are on disk, each under its name. */
  secure(location: string, paths: readonly string[]): Promise<void>;
}
