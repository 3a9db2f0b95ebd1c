/** Metrics of a recorded run beside those of the one that was made again. */
import { openCloseness } from "../comparison/closeness.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import type { Metric, Run } from "../core/tracking.ts";
import type { VerifiedItem } from "./verified_item.ts";

export interface RunIn {
  readonly tracker: Tracker;
  readonly run: Run;
}

/** MLflow's own measurements of the machine, which say nothing of what a step does. */
const isOfMachine = (key: string): boolean => key.startsWith("system/");

/**
 * Each metric of either run: its latest value, within the tolerance, and how many points it has.
 *
 * `counts` is false where the recorded run holds the latest points only, as one that was taken from the cache does when
 * the run that made it is gone.
 */
export async function compareMetrics(
  step: string,
  before: RunIn,
  after: RunIn,
  { tolerance, counts }: { readonly tolerance: number | undefined; readonly counts: boolean },
): Promise<VerifiedItem[]> {
  const [one, other] = [latestOf(before.run), latestOf(after.run)];
  const keys = [...new Set([...one.keys(), ...other.keys()])].filter((key) => !isOfMachine(key)).sort();
  const items: VerifiedItem[] = [];
  for (const name of keys) {
    const told = await compareMetric(name, one.get(name), other.get(name), before, after, {
      tolerance,
      counts,
    });
    items.push({ step, is: "metric", name, ...told });
  }
  return items;
}

type Told = Pick<VerifiedItem, "verdict" | "detail">;

async function compareMetric(
  key: string,
  one: number | undefined,
  other: number | undefined,
  before: RunIn,
  after: RunIn,
  { tolerance, counts }: { readonly tolerance: number | undefined; readonly counts: boolean },
): Promise<Told> {
  if (one === undefined) return { verdict: "different", detail: `it is new: ${other}` };
  if (other === undefined) return { verdict: "missing", detail: `it was ${one}, and is not logged any more` };
  const closeness = openCloseness(tolerance);
  const isSame = closeness.isSame(one, other, () => key);
  if (!counts) {
    return isSame ? same(closeness, tolerance) : { verdict: "different", detail: `${one} -> ${other}` };
  }
  const [points, others] = [await pointsOf(before, key), await pointsOf(after, key)];
  if (isSame && points.length === others.length) return same(closeness, tolerance);
  const values = isSame ? [] : [`${one} -> ${other}`];
  const count = points.length === others.length ? [] : [`${points.length} points -> ${others.length} points`];
  const at = points.findIndex((point, index) =>
    others[index] === undefined || !closeness.isSame(point.value, others[index].value, () => key)
  );
  const from = points.length > 1 && at >= 0 ? [`from step ${points[at]!.step} on`] : [];
  return { verdict: "different", detail: [...values, ...count, ...from].join(", ") };
}

function same(closeness: ReturnType<typeof openCloseness>, tolerance: number | undefined): Told {
  const largest = closeness.largest();
  return {
    verdict: "same",
    detail: largest === undefined
      ? ""
      : `same within ${tolerance}, difference ${Number(largest.difference.toPrecision(2))}`,
  };
}

/** Of several points with one key, that of the run itself goes before those of its models and datasets. */
function latestOf(run: Run): Map<string, number> {
  const values = new Map<string, number>();
  for (const metric of run.metrics) {
    if (isOwn(metric) || !values.has(metric.key)) values.set(metric.key, metric.value);
  }
  return values;
}
const isOwn = (metric: Metric) => metric.modelId === undefined && metric.datasetName === undefined;

/** By step. */
async function pointsOf({ tracker, run }: RunIn, key: string): Promise<{ step: number; value: number }[]> {
  const points: { step: number; value: number }[] = [];
  let token: string | undefined;
  do {
    const page = await tracker.getMetricHistory(run.info.id, key, token === undefined ? {} : { token });
    points.push(...page.items.map(({ step, value }) => ({ step, value })));
    token = page.nextPageToken;
  } while (token !== undefined);
  return points.sort((a, b) => a.step - b.step);
}
