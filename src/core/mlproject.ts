/** An MLflow project as its files say it: what `mlproject/` reads. Names and rules are MLflow's, and some of our own. */
import type { Place } from "./place.ts";
import type { SandboxMode } from "./sandbox_tier.ts";

/** Paths are relative to the project's folder. */
export interface MlflowProject {
  /** Of the file that says it; absent where a folder has none. */
  readonly file?: string;
  readonly name?: string;
  readonly environment: ProjectEnvironment;
  /** In the order of the file. */
  readonly entryPoints: readonly ProjectEntryPoint[];
}

export type ProjectEnvironment =
  /** `file` is a python_env.yaml; absent where the project names none. */
  | { readonly is: "python"; readonly file?: string }
  /** `file` is a conda.yaml. */
  | { readonly is: "conda"; readonly file: string }
  | {
    readonly is: "docker";
    readonly image: string;
    readonly volumes: readonly string[];
    /** Variables: given by name and value, or by name alone to be taken from the machine. */
    readonly environment: readonly (string | readonly [name: string, value: string])[];
  };

/** Who makes the environment of a project. The name is what its runs are told of. */
export const environmentManagers = ["local", "virtualenv", "uv", "conda"] as const;
export type EnvironmentManager = typeof environmentManagers[number];

/** How a project is run, as its caller says it. */
export interface ProjectRunOptions {
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
  readonly dockerArguments?: ReadonlyMap<string, string>;
  /** Whether the files of such a project become part of a new image. False by default, as with MLflow. */
  readonly buildsImage?: boolean;
  /** Steps at a time; the machine's cores when absent. */
  readonly jobs?: number;
  /** Go on with what does not need a failed step. */
  readonly keepGoing?: boolean;
}

export interface ProjectEntryPoint {
  readonly name: string;
  /** Text of a shell with holes for parameters, by the rules of Python's `str.format`; absent where the file has none. */
  readonly command?: string;
  /** In the order of the file. */
  readonly parameters: readonly ProjectParameter[];
  /** One sentence for people. MLflow knows none. */
  readonly description?: string;
  /** Entry points that must finish before it. MLflow knows none. */
  readonly needs: readonly string[];
  readonly place: Place;
}

/** Of what MLflow leaves unchecked only `path` and `uri` are looked at. */
export interface ProjectParameter {
  readonly name: string;
  readonly type: "string" | "float" | "path" | "uri" | "int" | "boolean";
  /** As Python's `str()` writes the value that the file has. */
  readonly default?: string;
  readonly description?: string;
  /** Both are allowed themselves. MLflow knows none of these three. */
  readonly minimum?: number;
  readonly maximum?: number;
  readonly choices?: readonly string[];
  readonly place: Place;
}
