/** The ports of `tracker/` by which whole runs go from one store to another. */
import type {
  Experiment,
  LoggedModel,
  Metric,
  ModelVersion,
  RegisteredModel,
  Run,
  RunInfo,
} from "../tracking.ts";
import type { Artifacts } from "./tracker.ts";

/** A run with all that was logged to it. */
export interface MovedRun extends Run {
  /** Every point of every metric of the run; those of `metrics` are the latest of them. */
  readonly points: readonly Metric[];
}

/** A registered model with all its versions. */
export interface MovedRegisteredModel extends Omit<RegisteredModel, "latestVersions"> {
  readonly versions: readonly ModelVersion[];
}

/** A store that is read and left as it is. What is damaged or hostile in it is refused with RUNS_UNREADABLE. */
export interface RunSource {
  /** As it is called in messages. */
  readonly uri: string;
  /** Each of its files can be damaged by itself: all is to be read once before anything of it is written elsewhere. */
  readonly isOfFiles: boolean;
  /** Deleted ones as well. */
  experiments(): Promise<readonly Experiment[]>;
  /** Deleted ones as well, oldest first. */
  runs(experiment: Experiment): Promise<readonly RunInfo[]>;
  /** With every point. */
  read(info: RunInfo): Promise<MovedRun>;
  /** Those that are not deleted. */
  loggedModels(experiment: Experiment): Promise<readonly LoggedModel[]>;
  /** All of them, whichever runs their versions come from. */
  registeredModels(): Promise<readonly MovedRegisteredModel[]>;
  readonly artifacts: Artifacts;
  /**
   * Where artifacts lie that the store says are at `location`: beside the store where it was moved with them. Undefined
   * where they are on storage that only others reach.
   */
  locate(location: string): string | undefined;
  /** Nothing is asked of it afterwards. */
  close(): Promise<void>;
}

/** What became of a thing: made, added to, or found as it is. */
export type Change = "new" | "changed" | "same";

/** Where a thing is to be in the store that takes it. */
export interface Placed {
  readonly id: string;
  readonly artifactUri: string;
}

/** A store that takes what another gave; a thing shows there when all of it, its artifacts too, is there. */
export interface RunTarget {
  readonly uri: string;
  /** True where runs and models have the ids that they had. */
  readonly keepsIds: boolean;
  /** The experiment of that name, which is made where there is none. Throws RUNS_DIFFER for one that is deleted there. */
  placeExperiment(experiment: Experiment): Promise<Experiment>;
  /** Says where the artifacts of a run go, before the run is there. */
  placeRun(run: RunInfo, experiment: Experiment): Promise<Placed>;
  /** What the store has of it already stays; `run` names its place. Throws RUNS_DIFFER where both say different things. */
  putRun(run: MovedRun): Promise<Change>;
  /** The same for a logged model. */
  placeModel(model: LoggedModel, experiment: Experiment): Promise<Placed>;
  /** What the store has of it already stays; points of runs that are not there are left out. */
  putModel(model: LoggedModel): Promise<Change>;
  /** After the runs and models of an experiment: what names others is written, and a deleted one is deleted. */
  finishExperiment?(experiment: Experiment, placed: Experiment): Promise<void>;
  /** Throws RUNS_DIFFER where one of its versions is another model there. */
  putRegisteredModel(model: MovedRegisteredModel): Promise<Change>;
  readonly artifacts: Artifacts;
  /** Nothing is asked of it afterwards. */
  close(): Promise<void>;
}
