/** An MLflow project as its files say it: what `mlproject/` reads. Names and rules are MLflow's, and some of our own. */
import type { Place } from "./place.ts";

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

export interface ProjectEntryPoint {
  readonly name: string;
  /** Text of a shell with holes for parameters, by the rules of Python's `str.format`; absent where the file has none. */
  readonly command?: string;
  /** In the order of the file. */
  readonly parameters: readonly ProjectParameter[];
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
  /** Both are allowed themselves. MLflow knows none of these three. */
  readonly minimum?: number;
  readonly maximum?: number;
  readonly choices?: readonly string[];
  readonly place: Place;
}
