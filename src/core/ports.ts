/** The interfaces of everything that touches the world. `compose/` hands implementations to `scheduler/`. */
import type {
  EnvironmentObservation,
  EnvironmentProgress,
  EnvironmentSpec,
  ReadyEnvironment,
} from "./environment.ts";
import type { Event } from "./event.ts";
import type {
  ArtifactInfo,
  DatasetInput,
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
  RunInfo,
  RunSearch,
  RunUpdate,
  Tag,
} from "./tracking.ts";

/** Environments of one project: `environments/`. */
export interface Environments {
  /** What the lock says; no network, no installing. */
  observe(spec: EnvironmentSpec): Promise<EnvironmentObservation>;
  /**
   * Makes the environment unless it is there; resolves and writes the lock first when there is none.
   * Throws REQUIREMENTS_UNSATISFIABLE, INTERPRETER_MISSING, ENVIRONMENT_FAILED, TOOL_MISSING.
   */
  prepare(
    spec: EnvironmentSpec,
    options: { readonly onProgress: (progress: EnvironmentProgress) => void; readonly signal: AbortSignal },
  ): Promise<ReadyEnvironment>;
}

/**
 * MLflow's tracking store, one of: a SQLite file, a server. Methods throw `TrackingError` where MLflow would
 * refuse, and `SluiceError` where the store cannot be used at all.
 */
export interface Tracker {
  /** `sqlite:////absolute/mlflow.db` or `http://…`. */
  readonly uri: string;

  getExperiment(id: string): Promise<Experiment>;
  findExperiment(name: string): Promise<Experiment | undefined>;
  createExperiment(name: string, tags?: readonly Tag[]): Promise<Experiment>;
  listExperiments(): Promise<readonly Experiment[]>;

  /** A run with an empty name is given one. */
  createRun(run: NewRun): Promise<RunInfo>;
  getRun(id: string): Promise<Run>;
  updateRun(id: string, update: RunUpdate): Promise<RunInfo>;
  /**
   * All or nothing; of any size: a server is sent a large one in parts, each of them all or nothing. A parameter logged
   * again with another value is refused, as MLflow does. Values too long for MLflow are cut.
   */
  logBatch(runId: string, batch: RunBatch): Promise<void>;
  deleteTag(runId: string, key: string): Promise<void>;
  logInputs(runId: string, datasets: readonly DatasetInput[], models: readonly ModelInput[]): Promise<void>;
  logOutputs(runId: string, models: readonly ModelOutput[]): Promise<void>;
  /** Oldest first; nothing for a run that is not there, as MLflow answers. */
  getMetricHistory(
    runId: string,
    key: string,
    page?: { readonly token?: string; readonly limit?: number },
  ): Promise<Page<Metric>>;
  searchRuns(search: RunSearch): Promise<readonly Run[]>;

  createLoggedModel(model: NewLoggedModel): Promise<LoggedModel>;
  getLoggedModel(id: string): Promise<LoggedModel>;
  finalizeLoggedModel(id: string, status: LoggedModelStatus): Promise<LoggedModel>;
  setLoggedModelTags(id: string, tags: readonly Tag[]): Promise<void>;
  deleteLoggedModelTag(id: string, key: string): Promise<void>;
  logLoggedModelParameters(id: string, parameters: readonly LoggedParameter[]): Promise<void>;

  createRegisteredModel(
    name: string,
    options?: { readonly description?: string; readonly tags?: readonly Tag[] },
  ): Promise<RegisteredModel>;
  getRegisteredModel(name: string): Promise<RegisteredModel>;
  /** With `modelId`, the logged model is told of the version in its tag `mlflow.modelVersions`. */
  createModelVersion(version: NewModelVersion): Promise<ModelVersion>;
  getModelVersion(name: string, version: string): Promise<ModelVersion>;
  getModelVersionByAlias(name: string, alias: string): Promise<ModelVersion>;
  setModelAlias(name: string, alias: string, version: string): Promise<void>;

  /** Files under an artifact location, as `RunInfo.artifactUri` and `LoggedModel.artifactUri` name them. */
  readonly artifacts: Artifacts;
  close(): Promise<void>;
}

/** Paths below a location are relative, with forward slashes; whatever leaves it is refused. */
export interface Artifacts {
  /** The folder on this machine that holds the location; undefined when only the network leads there. */
  localFolder(location: string): string | undefined;
  list(location: string, path: string): Promise<readonly ArtifactInfo[]>;
  read(location: string, path: string): Promise<ReadableStream<Uint8Array>>;
  /** Complete or not at all. */
  write(location: string, path: string, content: ReadableStream<Uint8Array>): Promise<void>;
  /** Takes a file or folder as the artifact `path`: moved where possible, else copied and removed. */
  take(location: string, path: string, from: string): Promise<void>;
}

/** What a step runs. */
export type Program =
  | { readonly is: "command"; readonly argv: readonly [string, ...string[]] }
  /** The `run` function of `step` in `module`, a `file://` URL. */
  | { readonly is: "function"; readonly module: string; readonly step: string };

/** What a step's process may touch. Paths are absolute. */
export interface SandboxPolicy {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly net: boolean | readonly string[];
  /** Names of the environment variables it is given. */
  readonly variables: readonly string[];
  /** Programs it may start; a command may start any. */
  readonly run: readonly string[];
}

/** Turns a program into the arguments that run it with no more than the policy allows: `sandbox/`. */
export interface Sandbox {
  confine(program: Program, policy: SandboxPolicy): {
    readonly argv: readonly [string, ...string[]];
    readonly tier: SandboxTier;
  };
}
/** What holds a process: nothing, or Deno's own permissions. */
export type SandboxTier = "none" | "deno";

/** One process to run. */
export interface ProcessSpec {
  readonly argv: readonly [string, ...string[]];
  readonly folder: string;
  /** All of it; nothing is inherited. */
  readonly variables: Readonly<Record<string, string>>;
  /** Written to its standard input; empty when absent. */
  readonly stdin?: string;
  /** The whole output goes here as well, as bytes. */
  readonly log: string;
  readonly timeoutMs?: number;
}
export type ProcessExit =
  | { readonly is: "exited"; readonly code: number }
  | { readonly is: "signalled"; readonly signal: string }
  | { readonly is: "timed-out" }
  /** `signal` of the caller was aborted. */
  | { readonly is: "cancelled" }
  | { readonly is: "not-started"; readonly reason: string };

/** Where a step's process runs. When `run` returns, every process of it is dead. */
export interface Engine {
  run(
    process: ProcessSpec,
    options: {
      readonly signal: AbortSignal;
      readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
    },
  ): Promise<ProcessExit>;
}

/** The run's own server: MLflow's REST, scoped to the runs it is told of. */
export interface RunServer {
  /** A tracking URI for the process of one step; it may write to `runId` and no other. */
  open(runId: string): RunServerSession;
  close(): Promise<void>;
}
export interface RunServerSession {
  readonly uri: string;
  /** Variables an unmodified MLflow client needs to find it. */
  readonly variables: Readonly<Record<string, string>>;
  close(): void;
}

/** A reader of events. */
export interface Reporter {
  report(event: Event): void;
  /** After the last event; leaves the terminal as it was. */
  close(): Promise<void>;
}
