/** What a forecast asks: the cache, the project's tracker, its environments. Reading makes nothing. */
import { Digest } from "../core/digest.ts";
import { SluiceError } from "../core/error.ts";
import type { Cache, Environments, Tracker } from "../core/ports.ts";
import { type Run, type Tag, tagOf, TrackingError } from "../core/tracking.ts";
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
  const lastRun: FindLastRun = async (step) => await (await (runs ??= openLastRuns(asked)))(step);
  return {
    find: (key) => Promise.resolve(cache.peek(key)),
    findRecord: (key) => cache.findRecord(key),
    contents: (spec) => environments.contents(spec),
    lastRun: untilSilent(lastRun),
  };
}

/** A server that does not answer keeps nobody from seeing a plan. */
const patienceMs = 5000;

/** Once there was no answer in time, nothing more is asked. */
function untilSilent(ask: FindLastRun): FindLastRun {
  let isSilent = false;
  return async (step) => {
    if (isSilent) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((done) => timer = setTimeout(() => done(undefined), patienceMs));
    try {
      return await Promise.race([ask(step), late.then(() => void (isSilent = true))]);
    } finally {
      clearTimeout(timer);
    }
  };
}

type FindLastRun = (step: string) => Promise<LastRun | null | undefined>;

/** More steps than this are not searched for one by one. */
const fewSteps = 10;

/** A tracker that cannot be read says nothing of any step, and refuses no plan. */
async function openLastRuns(asked: Asked): Promise<FindLastRun> {
  try {
    return await readLastRuns(asked);
  } catch (error) {
    const answer = unreadable(error);
    return () => Promise.resolve(answer);
  }
}

/** Null where there is no tracker yet. */
function unreadable(error: unknown): null | undefined {
  if (error instanceof SluiceError) return error.failure.code === "TRACKER_MISSING" ? null : undefined;
  if (error instanceof TrackingError) return undefined;
  throw error;
}

async function readLastRuns(asked: Asked): Promise<FindLastRun> {
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
    try {
      const [run] = await search([ofPipeline, { key: "sluice.step", value: step }], 1);
      return run === undefined ? null : lastRunOf(run);
    } catch (error) {
      return unreadable(error);
    }
  };
}

function lastRunOf(run: Run): LastRun {
  // Anybody may write a tag.
  const key = Digest.safeParse(tagOf(run, "sluice.resolvedKey"));
  return { runId: run.info.id, status: run.info.status, ...(key.success ? { key: key.data } : {}) };
}
