/** A row of the mutation suite. */
import type { Call, Project } from "./mutated_project.ts";

export interface Mutation {
  readonly name: string;
  /** Edits the project, and says how it is called from then on where that is otherwise. */
  readonly edit: (project: Project) => Promise<Call | void> | Call;
  /** What is said before of each step that is not known to be cached. */
  readonly says: Readonly<Record<string, string>>;
  /** The steps that run then; all that something is said of by default. */
  readonly runs?: readonly string[];
  /** The run before is this one, in the project's own place, and not the usual one of a project that was moved since. */
  readonly prepare?: Call;
}

export const unlessSplit = "runs unless split comes out the same";
export const unlessTrains = "runs unless train-1, train-2 come out the same";

/** Said of what comes after the step. */
export const afterTrains = {
  gather: unlessTrains,
  score: "runs unless gather, train-1 come out the same",
} as const;
export const afterSplit = { "train-1": unlessSplit, "train-2": unlessSplit, ...afterTrains } as const;
export const afterGather = { score: "runs unless gather comes out the same" } as const;

/** The same said of every step. */
export const ofEach = (text: string): Record<string, string> =>
  Object.fromEntries(everyStep.map((step) => [step, text]));
export const everyStep = ["split", "train-1", "train-2", "gather", "score"] as const;
export const trains = ["train-1", "train-2"] as const;
