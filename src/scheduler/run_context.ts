/** What all steps of one run share. */
import type { Digest } from "../core/digest.ts";
import type { ReadyEnvironment } from "../core/environment.ts";
import type { Plan, PlannedStep } from "../core/plan.ts";
import type { Cache } from "../core/ports/cache.ts";
import type { Keeper } from "./keeper.ts";
import type { CachedRuns } from "./record_cached.ts";
import type { RunOrigin } from "./run_record.ts";
import type { Services } from "./services.ts";

export interface RunContext {
  readonly services: Services;
  /** Undefined where no step of the run is kept. */
  readonly cache: Cache | undefined;
  readonly keeper: Keeper;
  readonly cachedRuns: CachedRuns;
  readonly experimentId: string;
  readonly parentRunId: string;
  readonly pipeline: string;
  readonly sources: Plan["sources"];
  readonly origin: RunOrigin;
  /** Take results that were kept before. */
  readonly useCache: boolean;
  /** The folder below which each step under way has one of its own. */
  readonly workspace: string;
  /** Aborted when the whole run is to stop. */
  readonly signal: AbortSignal;
  readonly prepareEnvironment: (step: PlannedStep) => Promise<ReadyEnvironment>;
  /** Lists of sources whose content is recorded. */
  readonly recordedSources: Set<Digest>;
  /** Of lists of sources, whether one of the files speaks of MLflow. */
  readonly speaking: Map<Digest, Promise<boolean>>;
}
