/** Reads recorded runs for `sluice runs`: one by its id, many as trees. */
import { refuse } from "../../core/error.ts";
import { showValue } from "../../core/parameter.ts";
import type { Tracker } from "../../core/ports/tracker.ts";
import { type Experiment, type Run, tagOf, TrackingError } from "../../core/tracking.ts";
import type { OptionSpec } from "../../terminal/command_spec.ts";
import { type OptionValues, valueOf } from "../../terminal/option_values.ts";
import { suggest } from "../../core/suggest.ts";
import type { Call } from "../command.ts";

export const parentTag = "mlflow.parentRunId";
export const stepTag = "sluice.step";

export const experimentOption: OptionSpec = {
  name: "experiment",
  value: { is: "text", placeholder: "NAME" },
  default: "all",
  description: "Only runs of this experiment",
};

/** Opens the tracker that was asked for, and closes it whatever happens. A missing file is refused, not made. */
export async function withTracker<T>(call: Call, use: (tracker: Tracker) => Promise<T>): Promise<T> {
  const { openTracker } = await import("../../compose/open_tracker.ts");
  const { workingFolder, variables } = call;
  const tracker = await openTracker({
    uri: valueOf(call.options, "tracking-uri"),
    workingFolder,
    variables,
    create: false,
  });
  try {
    return await use(tracker);
  } finally {
    await tracker.close();
  }
}

/** All active experiments, or the one that was asked for. */
export async function chosenExperiments(
  tracker: Tracker,
  options: OptionValues,
): Promise<readonly Experiment[]> {
  const name = valueOf(options, experimentOption.name);
  const all = (await tracker.listExperiments()).filter(({ lifecycleStage }) => lifecycleStage === "active");
  if (name === undefined) return all;
  const found = all.find((experiment) => experiment.name === name);
  if (found !== undefined) return [found];
  return refuse({
    code: "ARGUMENT_INVALID",
    message: `Cannot list runs of experiment \`${showValue(name)}\` as the tracker has none of that name`,
    hint: suggest(name, "Experiments", all.map((experiment) => experiment.name)),
  });
}

/** A run's id in full, or its beginning when only one run begins so. Fails with RUN_NOT_FOUND. */
export async function findRun(tracker: Tracker, id: string): Promise<Run> {
  if (/^[0-9a-f]{32}$/.test(id)) {
    try {
      return await tracker.getRun(id);
    } catch (error) {
      if (error instanceof TrackingError && error.code === "RESOURCE_DOES_NOT_EXIST") {
        return refuseUnknown(id);
      }
      throw error;
    }
  }
  if (!/^[0-9a-f]{4,31}$/.test(id)) {
    return refuse({
      code: "RUN_NOT_FOUND",
      message: `Cannot find run \`${
        showValue(id)
      }\` as an id is 32 hexadecimal digits, or at least the first 4 of them`,
      hint: "`sluice runs list` shows them",
    });
  }
  const experimentIds = (await tracker.listExperiments()).map((experiment) => experiment.id);
  const runs = await tracker.searchRuns({ experimentIds, limit: 50_000 });
  const found = runs.filter((run) => run.info.id.startsWith(id));
  if (found.length === 1) return found[0]!;
  if (found.length === 0) return refuseUnknown(id);
  return refuse({
    code: "RUN_NOT_FOUND",
    message: `Cannot choose among the ${found.length} runs whose id begins with \`${id}\``,
    hint: `Give more of it: ${found.slice(0, 6).map((run) => `\`${run.info.id}\``).join(", ")}`,
  });
}

function refuseUnknown(id: string): never {
  return refuse({
    code: "RUN_NOT_FOUND",
    message: `Cannot find run \`${id}\` as the tracker has none of that id`,
    hint: "`sluice runs list` shows those it has",
  });
}

/** Oldest first. */
export async function nestedRuns(tracker: Tracker, run: Run): Promise<readonly Run[]> {
  const found = await tracker.searchRuns({
    experimentIds: [run.info.experimentId],
    tags: [{ key: parentTag, value: run.info.id }],
    limit: 50_000,
  });
  return found.toSorted(byStart);
}

const byStart = (a: Run, b: Run) => a.info.startedAt - b.info.startedAt || (a.info.id < b.info.id ? -1 : 1);

export interface TreeRow {
  readonly run: Run;
  /** 0 for a run that has no parent among the others. */
  readonly depth: number;
}

/** Parents in the order given, each with its nested runs below it, oldest first. Runs that name each other are kept. */
export function asTree(runs: readonly Run[]): TreeRow[] {
  const ids = new Set(runs.map((run) => run.info.id));
  const children = new Map<string, Run[]>();
  const tops: Run[] = [];
  for (const run of runs) {
    const parent = tagOf(run, parentTag);
    if (parent === undefined || !ids.has(parent) || parent === run.info.id) {
      tops.push(run);
    } else {
      const siblings = children.get(parent);
      if (siblings === undefined) children.set(parent, [run]);
      else siblings.push(run);
    }
  }
  const rows: TreeRow[] = [];
  const seen = new Set<string>();
  const open: TreeRow[] = [];
  const walk = (tops: readonly Run[]) => {
    open.push(...tops.map((run) => ({ run, depth: 0 })).reverse());
    for (let row = open.pop(); row !== undefined; row = open.pop()) {
      if (seen.has(row.run.info.id)) continue;
      seen.add(row.run.info.id);
      rows.push(row);
      const below = (children.get(row.run.info.id) ?? []).toSorted(byStart).reverse();
      for (const run of below) open.push({ run, depth: row.depth + 1 });
    }
  };
  walk(tops);
  walk(runs.filter((run) => !seen.has(run.info.id)));
  return rows;
}
