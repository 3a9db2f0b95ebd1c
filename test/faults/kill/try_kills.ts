/** Kills a workload at many points, each in a project of its own, and gathers what was wrong. */
import { openRandom } from "../random.ts";
import { judgeKill, runWhole, type Whole } from "./judge_kill.ts";
import { countKillPoints, samplePoints } from "./kill_points.ts";
import { killAtCall, killAtMoment, type Killed } from "./kill_run.ts";
import { type KilledProject, makeProject, type Workload } from "./killed_project.ts";

/** How many projects are killed at a time. */
const atOnce = 2;

export interface Tally {
  readonly kills: number;
  /** Runs that ended before they were killed. */
  readonly missed: number;
  /** Steps that had finished when their run was killed, in all. */
  readonly finished: number;
  /** Places where a run was killed, of those that were counted. */
  readonly sites: number;
  readonly allSites: number;
  /** Each with where its run was killed. */
  readonly flaws: readonly string[];
}

/** Kills at calls that change files: one each of `count` kinds, or all of them. */
export async function killAtCalls(workload: Workload, count = Infinity): Promise<Tally> {
  const whole = await runWhole(workload);
  const all = await countKillPoints(workload);
  const kills = samplePoints(all, count).map((point) => (project: KilledProject) =>
    killAtCall(project, point)
  );
  return await tally(workload, whole, kills, new Set(all.map(({ site }) => site)));
}

/** Kills at moments between the start of the program and the end that it has when nobody kills it. */
export async function killAtMoments(workload: Workload, count: number, seed: number): Promise<Tally> {
  const whole = await runWhole(workload);
  const random = openRandom(seed);
  const moments = Array.from({ length: count }, () => whole.tookMs * random.below(1_000_000) / 1_000_000);
  return await tally(workload, whole, moments.map((ms) => (project) => killAtMoment(project, ms)), new Set());
}

/**
 * Kills one project's runs, each at a later moment than the one before, with no whole run in between; the run after the
 * last kill is judged. `check` looks at the project then.
 */
export async function killAgainAndAgain(
  workload: Workload,
  count: number,
  check: (project: KilledProject) => Promise<void> = () => Promise.resolve(),
): Promise<readonly string[]> {
  const whole = await runWhole(workload, { isLong: true });
  using project = makeProject(workload);
  for (let kill = 0; kill < count; kill++) await killAtMoment(project, whole.tookMs * kill / count);
  const { flaws } = await judgeKill(project, whole);
  await check(project);
  return flaws;
}

async function tally(
  workload: Workload,
  whole: Whole,
  kills: readonly ((project: KilledProject) => Promise<Killed | undefined>)[],
  allSites: ReadonlySet<string>,
): Promise<Tally> {
  const sites = new Set<string>();
  const flaws: string[] = [];
  const sum = { kills: 0, missed: 0, finished: 0 };
  const waiting = [...kills];
  const work = async () => {
    for (let kill = waiting.shift(); kill !== undefined; kill = waiting.shift()) {
      using project = makeProject(workload);
      const killed = await kill(project);
      if (killed === undefined) sum.missed++;
      else {
        sum.kills++;
        sites.add(killed.at);
      }
      const judged = await judgeKill(project, whole);
      sum.finished += judged.finished;
      flaws.push(...judged.flaws.map((flaw) => `${killed?.at ?? "not killed"}: ${flaw}`));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { ...sum, flaws, sites: sites.intersection(allSites).size, allSites: allSites.size };
}

/** One line. */
export const describeTally = (
  { kills, missed, finished, sites, allSites, flaws }: Tally,
): string =>
  `${kills} runs killed${
    allSites === 0 ? "" : ` at ${sites} of ${allSites} kinds of call`
  }, ${missed} ended before; ` +
  `${finished} steps had finished; ${flaws.length} flaws`;
