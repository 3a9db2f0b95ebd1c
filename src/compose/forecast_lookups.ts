/** What a forecast asks: the cache, the project's tracker, its environments. Reading makes nothing. */
import { Digest } from "../core/digest.ts";
import { SluiceError } from "../core/error.ts";
import type { Cache } from "../core/ports/cache.ts";
import type { Environments } from "../core/ports/environments.ts";
import type { Tracker } from "../core/ports/tracker.ts";
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
  return {
    find: (key) => cache.peek(key),
    findRecord: (key) => cache.findRecord(key),
    contents: (spec) => environments.contents(spec),
    lastRun: untilSilent(() => openLastRuns(asked)),
  };
}

/** A server that does not answer keeps nobody from seeing a plan. */
const patienceMs = 5000;

/** Once there was no answer in time, nothing more is asked. */
function untilSilent(open: () => Promise<FindLastRun>): FindLastRun {
  let isSilent = false;
  let opening: Promise<FindLastRun> | undefined;
  let find: FindLastRun | undefined;
  const opened = async (step: string) => {
    find = await (opening ??= open());
    return await find(step);
  };
  const inTime = async (answer: Promise<LastRun | null | undefined>) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((done) => timer = setTimeout(() => done(undefined), patienceMs));
    try {
      return await Promise.race([answer, late.then(() => void (isSilent = true))]);
    } finally {
      clearTimeout(timer);
    }
  };
  return (step) => {
    if (isSilent) return undefined;
    const answer = find === undefined ? opened(step) : find(step);
    return answer instanceof Promise ? inTime(answer) : answer;
  };
}

type FindLastRun = Lookups["lastRun"];

/** More steps than this are not searched for one by one. */
const fewSteps = 10;

/** A tracker that cannot be read says nothing of any step, and refuses no plan. */
async function openLastRuns(asked: Asked): Promise<FindLastRun> {
  try {
    return await readLastRuns(asked);
  } catch (error) {
    const answer = unreadable(error);
    return () => answer;
  }
}

/** Null where there is no tracker yet. */
function unreadable(error: unknown): null | undefined {
  if (error instanceof SluiceError) return error.failure.code === "TRACKER_MISSING" ? null : undefined;
  if (error instanceof TrackingError) return undefined;
  throw error;
}

const toldByTags = ["sluice.step", "sluice.resolvedKey"];

async function readLastRuns(asked: Asked): Promise<FindLastRun> {
  const tracker = await asked.openTracker();
  const experimentIds = (await tracker.listExperiments()).map((experiment) => experiment.id);
  const ofPipeline = { key: "sluice.pipeline", value: asked.pipeline };
  const search = async (tags: readonly Tag[], limit: number) => {
    const most = limit + (asked.except?.size ?? 0);
    const found = await tracker.searchRuns({ experimentIds, tags, limit: most, onlyTags: toldByTags });
    return {
      runs: found.filter((run) => asked.except?.has(run.info.id) !== true),
      isAll: found.length < most,
    };
  };
  const newest = new Map<string, LastRun>();
  let isComplete = false;
  if (asked.steps > fewSteps) {
    const { runs, isAll } = await search([ofPipeline], 2 * asked.steps + 100);
    isComplete = isAll;
    for (const run of runs) {
      const step = tagOf(run, "sluice.step");
      if (step !== undefined && !newest.has(step)) newest.set(step, lastRunOf(run));
    }
  }
  const searchOne = async (step: string) => {
    try {
      const { runs: [run] } = await search([ofPipeline, { key: "sluice.step", value: step }], 1);
      return run === undefined ? null : lastRunOf(run);
    } catch (error) {
      return unreadable(error);
    }
  };
  return (step) => newest.get(step) ?? (isComplete ? null : searchOne(step));
}

function lastRunOf(run: Run): LastRun {
  // Anybody may write a tag.
  const key = Digest.safeParse(tagOf(run, "sluice.resolvedKey"));
  return { runId: run.info.id, status: run.info.status, ...(key.success ? { key: key.data } : {}) };
}
