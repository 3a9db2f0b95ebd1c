/**
 * Core: the words of the field, as types with their schemas, and what all rooms share. This file: the interfaces of
 * everything that touches the world. `compose/` hands implementations to `scheduler/`.
 */
import type { Digest } from "./digest.ts";
import type {
  EnvironmentContents,
  EnvironmentObservation,
  EnvironmentProgress,
  EnvironmentSpec,
  ReadyEnvironment,
} from "./environment.ts";
import type { Event } from "./event.ts";
import type { TreeEntry } from "./file_tree.ts";
import type { Look } from "./look.ts";
import type { PlannedStep } from "./plan.ts";
import type { SandboxTier } from "./sandbox_tier.ts";
import type { KeyRecord, StepResult } from "./step_result.ts";
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
} from "./tracking.ts";

/** Environments of one project: `environments/`. */
export interface Environments {
  /** What the lock says; no network, no installing. */
  observe(spec: EnvironmentSpec): Promise<EnvironmentObservation>;
  /** What is in an environment that `observe` or `prepare` named; undefined where nobody knows. */
  contents(spec: EnvironmentSpec): Promise<EnvironmentContents | undefined>;
  /** Waits, not for ever, until what makes its programs start fast is there; `id` is that of a `ReadyEnvironment`. */
  warm(
    id: Digest,
    options: { readonly onWait: () => void; readonly signal: AbortSignal },
  ): Promise<void>;
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

/** Paths below a location are relative, with forward slashes; whatever leaves it is refused. */
export interface Artifacts {
  /** The folder on this machine that holds the location; undefined when only the network leads there. */
  localFolder(location: string): string | undefined;
  /** What lies right below `path`, sorted by name, paths from the location on; nothing where nothing is. Links are left out. */
  list(location: string, path: string): Promise<readonly ArtifactInfo[]>;
  /** The bytes of a file. Throws RESOURCE_DOES_NOT_EXIST. */
  read(location: string, path: string): Promise<ReadableStream<Uint8Array>>;
  /** Complete or not at all. */
  write(location: string, path: string, content: ReadableStream<Uint8Array>): Promise<void>;
  /**
   * Takes a file or folder as the artifact `path`: moved where possible, else copied and removed. A power loss may take
   * it, or its bytes, until it is secured.
   */
  take(location: string, path: string, from: string): Promise<void>;
  /** Settles when these files and empty folders are on disk, each under its name. */
  secure(location: string, paths: readonly string[]): Promise<void>;
}

/** A program and its arguments. */
export type Argv = readonly [string, ...string[]];

/** What a step runs. */
export type Program =
  | { readonly is: "command"; readonly argv: Argv }
  /** The `run` function of `step` in `module`, a `file://` URL. */
  | { readonly is: "function"; readonly module: string; readonly step: string };

/** What a step's process may touch. Paths are absolute; everything else is out of its sight. */
export interface SandboxPolicy {
  /** The working folder; it holds what `code`, `read` and `write` name below it, and nothing else. */
  readonly folder: string;
  /** Its sources, as files and whole folders: a command may read them, a function's own code may not. */
  readonly code: readonly string[];
  /** Files and whole folders. */
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Its TMPDIR, which it may write. */
  readonly temporary: string;
  readonly net: boolean | readonly string[];
  readonly gpu: boolean;
  /** All the environment variables it is given. */
  readonly variables: Readonly<Record<string, string>>;
  /** Programs a function may start; a command may start any that it sees. */
  readonly run: readonly string[];
  /** Servers of ours that it must reach although the network is closed to it. */
  readonly servers: readonly ReachableServer[];
}

/** A server of ours as a closed step reaches it. */
export type ReachableServer =
  /** On 127.0.0.1, where the step shares this machine's network. */
  | { readonly is: "port"; readonly port: number }
  /** By a forwarder inside: from `port` of the step's own 127.0.0.1 to the Unix socket at `path`. */
  | { readonly is: "socket"; readonly port: number; readonly path: string };

/** What holds a step, decided before it starts. */
export interface Hold {
  readonly tier: SandboxTier;
  /** Whether it has a network of its own: what listens here is then reached by a forwarder. */
  readonly hasOwnNetwork: boolean;
}

/** Turns a program into the arguments that run it with no more than the policy allows: `sandbox/`. */
export interface Sandbox {
  /** What will hold a step. Throws SANDBOX_UNAVAILABLE, saying what to do. */
  hold(step: {
    readonly body: Program["is"];
    readonly net: boolean | readonly string[];
    readonly needsFull: boolean;
  }): Promise<Hold>;
  /** Leaves nothing behind but what it makes in `policy.temporary` and the user's cache. */
  confine(program: Program, policy: SandboxPolicy, hold: Hold): Promise<Confined>;
  /**
   * Lets a step that is granted named hosts reach them and no other; close it when the step has ended. `servers` are
   * those of ours it may reach as well: a step that is granted 127.0.0.1 asks the proxy for them, too.
   */
  openProxy(
    hosts: readonly string[],
    hold: Hold,
    servers?: readonly ReachableServer[],
  ): Promise<ProxySession>;
}
/** How a program is run, so that it can do no more than it may. */
export interface Confined {
  readonly argv: Argv;
  /** Exit codes above 128 tell of a signal, as a shell's do. */
  readonly tellsSignals: boolean;
  /** What its standard error begins with when the sandbox itself failed and the program never ran. */
  readonly failureMark?: string;
}
/** The only way out of a step that may reach named hosts. */
export interface ProxySession {
  readonly server: ReachableServer;
  /** `HTTPS_PROXY` and its like; they go before those of a run server's session. */
  readonly variables: Readonly<Record<string, string>>;
  /** Ends every connection through it. */
  close(): void;
}

/** What steps made before, by key, for all projects of a user: `cache/`. */
export interface Cache {
  /** What is kept under a key; undefined when there is nothing, or what is there cannot be read. Counts as a use of it. */
  find(key: Digest): StepResult | undefined;
  /** The same for who only looks: garbage collection goes by uses. */
  peek(key: Digest): StepResult | undefined;
  /** Whether the outputs lie in `folder` as they were made; at once where nothing large must be read for it. */
  isIntact(result: StepResult, folder: string): boolean | Promise<boolean>;
  /**
   * Makes the outputs in `folder`, which exists, from the store; false when what is kept is damaged or gone, and then
   * the result is forgotten and `folder` is as it was.
   */
  restore(result: StepResult, folder: string): Promise<boolean>;
  /**
   * Keeps a result whose outputs lie in `folder`, digested as `result` says. They share the store's files from then on.
   * It is on disk, files first, when the promise resolves; what is asked while a group is being forced to disk is forced
   * together as the next group.
   */
  keep(result: StepResult, folder: string): Promise<void>;
  /** Waits for whoever runs the same key now, in any process; from then until `release` nobody else does. */
  lease(
    key: Digest,
    options: { readonly signal: AbortSignal; readonly onWait: () => void },
  ): Promise<{ release(): void }>;
  /** Whether `record` has nothing to do. */
  isRecorded(key: Digest): boolean;
  /** Remembers what a key stood for. `texts` gives the content of source files worth showing a line of. */
  record(key: Digest, record: KeyRecord, texts: ReadonlyMap<Digest, Uint8Array>): Promise<void>;
  /** Removes what killed processes left half made, and their locks; what is in use stays. */
  clearLeftovers(): void;
  /** What `record` was told last; undefined when it was told nothing, or what is there cannot be read. */
  findRecord(key: Digest): Promise<KeyRecord | undefined>;
  /** The content of a source file recorded before; undefined when it was too large, or is gone. */
  findText(digest: Digest): Promise<Uint8Array | undefined>;
  /** Writes down what was learned of unchanged files; nothing that was kept depends on it. */
  close(): Promise<void>;
}

/** Digests of files, remembered by path, size, times and inode, so that unchanged data is not read again: `cache/`. */
export interface FileDigests {
  /** Of a regular file's bytes, as it was looked at. */
  digest(path: string, look: Look): Digest | Promise<Digest>;
  /** Of a file or folder with all that it holds, as `digestTree`: `entries` are all of it, files and folders. */
  tree?(root: string, entries: readonly TreeEntry[]): Digest | Promise<Digest>;
  /**
   * For who looks on: told of a folder that is about to be listed, and of a link whose text counts. What it returns takes
   * that back.
   */
  meet?(path: string, look?: Look): () => void;
  /** Writes down what is new. */
  close(): Promise<void>;
}

/** The files a plan was made from, as they are now. */
export interface PlannedFiles {
  /** What a step sees of its sources: files and whole folders, absolute. */
  visible(step: PlannedStep): readonly string[];
  /** One look at them: what several steps were planned with is looked at once. */
  look(): {
    /** The first of all files the step was planned with that is no longer what it was; undefined when none is. */
    findChange(step: PlannedStep): string | undefined;
  };
  /** The content of its source files, by digest; large ones are left out. */
  texts(step: PlannedStep): Promise<ReadonlyMap<Digest, Uint8Array>>;
}

/** One process to run. */
export interface ProcessSpec {
  readonly argv: Argv;
  readonly folder: string;
  /** All of it; nothing is inherited. */
  readonly variables: Readonly<Record<string, string>>;
  /** Written to its standard input; empty when absent. */
  readonly stdin?: string;
  /** The whole output goes here as well, as bytes. */
  readonly log: string;
  readonly timeoutMs?: number;
  /** Of all its processes together. */
  readonly memoryBytes?: number;
  readonly cpuTimeMs?: number;
  /** As `Confined` says. */
  readonly tellsSignals: boolean;
}
/** How a process came to its end, or to none. */
export type ProcessExit =
  | { readonly is: "exited"; readonly code: number }
  | { readonly is: "signalled"; readonly signal: string }
  | { readonly is: "timed-out" }
  | { readonly is: "over-memory"; readonly usedBytes: number }
  | { readonly is: "over-cpu-time" }
  /** `signal` of the caller was aborted. */
  | { readonly is: "cancelled" }
  | { readonly is: "not-started"; readonly reason: string };

/** Where a step's process runs. When `run` returns, every process of it is dead. */
export interface Engine {
  /** Never throws for what the process does; `onLine` gets its lines without their ends, as they come. */
  run(
    process: ProcessSpec,
    options: {
      readonly signal: AbortSignal;
      readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
    },
  ): Promise<ProcessExit>;
  /** At the end of a run: gives back what was kept for further processes. */
  close(): void;
}

/** The run's own server: MLflow's REST, scoped to the runs it is told of. */
export interface RunServer {
  /** A tracking URI for the process of one step; it may write to `runId` and no other. */
  open(runId: string, hold: Hold): Promise<RunServerSession>;
  /** Ends every session. */
  close(): Promise<void>;
}
/** What one step sees of the run's server. */
export interface RunServerSession {
  readonly uri: string;
  readonly server: ReachableServer;
  /** Variables an unmodified MLflow client needs to find it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Calls are refused from then on; runs that the step left open end as KILLED. */
  close(): void;
}

/** A reader of events. */
export interface Reporter {
  /** Never throws, and waits for nothing. */
  report(event: Event): void;
  /** After the last event; leaves the terminal as it was. */
  close(): Promise<void>;
}
