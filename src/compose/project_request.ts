/** What is asked of an MLflow project, and what became of it. */
import type { ProjectRunOptions } from "../core/mlproject.ts";
import type { Failure } from "../core/error.ts";
import type { Reporter } from "../core/ports/reporter.ts";
import type { Values } from "../mlproject/fill_command.ts";
import type { TrackerChoice, TrackerLocation } from "./open_tracker.ts";

export interface ProjectRequest {
  /** A folder, an address of git or an archive. */
  readonly uri: string;
  readonly entryPoint: string;
  /** As they were typed. */
  readonly parameters: Values;
}

export interface ProjectOptions extends ProjectRunOptions {
  /** Opens what shows the run, when it is known what that is. */
  readonly openReporter: (shows: "one process" | "steps") => Promise<Reporter>;
  readonly signal: AbortSignal;
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
