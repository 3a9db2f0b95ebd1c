/** The port of `server/`. */
import type { Hold, ReachableServer } from "./sandbox.ts";

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
