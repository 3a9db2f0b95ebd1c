/** Finds the line in which a source text differs from what it was. */
import { join } from "node:path";
import type { Cause, Forecast, LineChange } from "../core/cause.ts";
import type { Plan, PlannedStep } from "../core/plan.ts";
import type { Cache } from "../core/ports/cache.ts";
import { firstDifferentLine } from "../plan/explain_line.ts";

/** Bytes of the largest text that is compared, and the most files of one step. */
const longestText = 1024 * 1024;
const mostFiles = 50;

export async function addLines(forecast: Forecast, plan: Plan, cache: Cache): Promise<Forecast> {
  const compare = openComparison(cache);
  const told = new Map(forecast);
  for (const step of plan.steps) {
    const each = forecast.get(step.name);
    if (each?.is !== "will-run" || !each.causes.some((cause) => cause.is === "source")) continue;
    told.set(step.name, { is: "will-run", causes: await addLinesTo(each.causes, step, compare) });
  }
  return told;
}

/** Causes of one step, as they are when the files lie in its folder. */
async function addLinesTo(
  causes: readonly Cause[],
  step: Pick<PlannedStep, "folder">,
  compare: Compare,
): Promise<Cause[]> {
  let left = mostFiles;
  const told: Cause[] = [];
  for (const cause of causes) {
    const line = cause.is === "source" && left-- > 0 ? await compare(cause, step.folder) : undefined;
    told.push(line === undefined ? cause : { ...cause, line } as Cause);
  }
  return told;
}

type Compare = (
  cause: Extract<Cause, { is: "source" }>,
  folder: string,
) => Promise<LineChange | undefined>;

/** Steps of one folder share their sources: each pair of texts is compared once. */
function openComparison(cache: Pick<Cache, "findText">): Compare {
  const known = new Map<string, Promise<LineChange | undefined>>();
  return (cause, folder) => {
    const old = digestOf(cause.old);
    if (old === undefined || digestOf(cause.new) === undefined) return Promise.resolve(undefined);
    const path = join(folder, cause.path);
    const key = `${old} ${path}`;
    const answer = known.get(key) ?? compareTexts(old, path, cache);
    known.set(key, answer);
    return answer;
  };
}

const digestOf = (what: string | undefined): string | undefined =>
  what === undefined ? undefined : /^sha256:[0-9a-f]{64}/.exec(what)?.[0];

async function compareTexts(old: string, path: string, cache: Pick<Cache, "findText">) {
  const before = await cache.findText(old);
  if (before === undefined) return undefined;
  const info = await Deno.lstat(path).catch(() => undefined);
  if (info === undefined || !info.isFile || info.size > longestText) return undefined;
  const now = await Deno.readFile(path).catch(() => undefined);
  return now === undefined ? undefined : firstDifferentLine(before, now);
}
