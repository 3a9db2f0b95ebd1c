/** What a forecast asks: the cache, the project's tracker, its environments. Reading makes nothing. */
import { SluiceError } from "../core/error.ts";
import type { Cache, Environments, Tracker } from "../core/ports.ts";
import { type Run, type Tag, TrackingError } from "../core/tracking.ts";
import type { LastRun, Lookups } from "../plan/forecast.ts";

export interface Asked {
  readonly pipeline: string;
  readonly cache: Cache;
  readonly environments: Environments;
  /** Fails with TRACKER_MISSING where there is none yet. */
  readonly openTracker: () => Promise<Tracker>;
  /** How many steps will be asked for: for many of them, runs are read in one go. */
  readonly steps: number;
  /** Runs that are not the last one, as they are those that just ended. */
  readonly except?: ReadonlySet<string>;
}

export function openLookups(asked: Asked): Lookups {
  const { cache, environments } = asked;
  let runs: Promise<FindLastRun> | undefined;
  return {
    find: (key) => cache.find(key),
    findRecord: (key) => cache.findRecord(key),
    contents: (spec) => environments.contents(spec),
    lastRun: async (step) => await (await (runs ??= openLastRuns(asked)))(step),
  };
}

type FindLastRun = (step: string) => Promise<LastRun | null | undefined>;

/** More steps than this are not searched for one by one. */
const fewSteps = 10;

/** A tracker that cannot be read says nothing of any step, and refuses no plan. */
async function openLastRuns(asked: Asked): Promise<FindLastRun> {
  try {
    const tracker = await asked.openTracker();
    const experimentIds = (await tracker.listExperiments()).map((experiment) => experiment.id);
    const ofPipeline = { key: "sluice.pipeline", value: asked.pipeline };
    const search = async (tags: readonly Tag[], limit: number) =>
      (await tracker.searchRuns({ experimentIds, tags, limit: limit + (asked.except?.size ?? 0) }))
        .filter((run) => asked.except?.has(run.info.id) !== true);
    const newest = new Map<string, LastRun>();
    if (asked.steps > fewSteps) {
      for (const run of await search([ofPipeline], 2 * asked.steps + 100)) {
        const step = tagOf(run, "sluice.step");
        if (step !== undefined && !newest.has(step)) newest.set(step, lastRunOf(run));
      }
    }
    return async (step) => {
      const known = newest.get(step);
      if (known !== undefined) return known;
      const [run] = await search([ofPipeline, { key: "sluice.step", value: step }], 1);
      return run === undefined ? null : lastRunOf(run);
    };
  } catch (error) {
    if (error instanceof SluiceError) {
      const answer = error.failure.code === "TRACKER_MISSING" ? null : undefined;
      return () => Promise.resolve(answer);
    }
    if (error instanceof TrackingError) return () => Promise.resolve(undefined);
    throw error;
  }
}

function lastRunOf(run: Run): LastRun {
  const key = tagOf(run, "sluice.resolvedKey");
  return { runId: run.info.id, status: run.info.status, ...(key === undefined ? {} : { key }) };
}

const tagOf = (run: Run, key: string): string | undefined => run.tags.find((tag) => tag.key === key)?.value;
