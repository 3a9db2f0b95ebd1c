/** What is asked of an MLflow project, and what became of it. */
import type { Failure } from "../core/error.ts";
import type { Reporter } from "../core/ports/reporter.ts";
import type { SandboxMode } from "../core/sandbox_tier.ts";
import type { Values } from "../mlproject/fill_command.ts";
import type { TrackerChoice, TrackerLocation } from "./open_tracker.ts";
import type { EnvironmentManager } from "./project_environment.ts";

export interface ProjectRequest {
  /** A folder, an address of git or an archive. */
  readonly uri: string;
  readonly entryPoint: string;
  /** As they were typed. */
  readonly parameters: Values;
}

export interface ProjectOptions {
  /** Opens what shows the run, when it is known what that is. */
  readonly openReporter: (shows: "one process" | "steps") => Promise<Reporter>;
  readonly signal: AbortSignal;
  readonly environmentManager?: EnvironmentManager;
  /** At most one of the two; else MLFLOW_EXPERIMENT_NAME or _ID, else experiment 0. */
  readonly experimentName?: string;
  readonly experimentId?: string;
  readonly runName?: string;
  /** Of a run to go on with. */
  readonly runId?: string;
  readonly trackingUri?: string;
  /** A branch, tag or commit of git. */
  readonly version?: string;
  /** Where values of `path` parameters are fetched to; MLFLOW_TMP_DIR when absent. */
  readonly storage?: string;
  /** What was fetched from elsewhere may run without being asked for. */
  readonly isApproved?: boolean;
  /** `require`: it runs as a step of a pipeline does, also where it depends on no other. `auto` when absent. */
  readonly sandbox?: SandboxMode;
  /**
   * True: it is taken from the cache, also where it depends on no other. False: every step runs. Absent: it is taken where
   * it depends on others, as these are.
   */
  readonly useCache?: boolean;
  /** Of a project with an image: options of the engine's `run`, by name; an empty text stands for one without a value. */
  readonly dockerArguments?: Values;
  /** Whether the files of such a project become part of a new image. False by default, as with MLflow. */
  readonly buildsImage?: boolean;
  /** Steps at a time; the machine's cores when absent. */
  readonly jobs?: number;
  /** Go on with what does not need a failed step. */
  readonly keepGoing?: boolean;
}

/** The same, once it is known how the run is shown. */
export interface ShownProjectOptions extends ProjectOptions {
  readonly reporter: Reporter;
}

/** How it ended. `failure` is why it did not finish. */
export interface ProjectEnded {
  readonly status: "failed" | "finished" | "killed";
  readonly failure?: Failure;
}

/** Who asks, and where from. */
export interface ProjectCaller {
  readonly workingFolder: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly choice: Omit<TrackerChoice, "create">;
  readonly location: TrackerLocation;
  readonly cache: () => string;
}
