/** `sluice runs list`: the newest runs, those of steps below the run of their pipeline. */
import { type Run, tagOf, TrackingError } from "../../core/tracking.ts";
import type { Tracker } from "../../core/ports/tracker.ts";
import { formatInstant } from "../../terminal/human_units.ts";
import { jsonLine } from "../../terminal/json_reporter.ts";
import { valueOf } from "../../terminal/option_values.ts";
import { jsonOption, trackingOption } from "../../terminal/run_flags.ts";
import { metricsText } from "../../terminal/step_text.ts";
import { tableLines } from "../../terminal/table.ts";
import { writeLines } from "../../terminal/text_sink.ts";
import { makeCommand } from "../command.ts";
import { asTree, chosenExperiments, experimentOption, parentTag, withTracker } from "./run_records.ts";
import { durationText, metricValues, runJson, statusCell, statusMark } from "./run_text.ts";

export const runsList = makeCommand({
  name: "runs list",
  summary: "List the newest runs, steps below their pipeline's run",
  positionals: [],
  options: [
    experimentOption,
    {
      name: "limit",
      short: "n",
      value: { is: "count", placeholder: "N" },
      default: "50",
      description: "How many runs to read",
    },
    jsonOption,
    trackingOption,
  ],
  examples: [
    { arguments: "", description: "The newest of all experiments" },
    { arguments: "--experiment iris --limit 10", description: "The last ten of one experiment" },
    { arguments: "--json", description: "For programs" },
  ],
}, (call) =>
  withTracker(call, async (tracker) => {
    const experiments = await chosenExperiments(tracker, call.options);
    const experimentIds = experiments.map((experiment) => experiment.id);
    const limit = Number(valueOf(call.options, "limit") ?? "50");
    const runs = await withParents(tracker, await tracker.searchRuns({ experimentIds, limit }));
    const rows = asTree(runs);
    if (call.options.has("json")) {
      call.stdout.write(`${jsonLine(rows.map(({ run }) => runJson(run)))}\n`);
      return 0;
    }
    if (rows.length === 0) {
      call.stderr.write(`There are no runs in ${tracker.uri} yet\n`);
      return 0;
    }
    const names = new Map(experiments.map(({ id, name }) => [id, name]));
    const head = ["", "run", "id", "experiment", "state", "started", "time", "metrics"];
    const cells = rows.map(({ run, depth }) => [
      statusMark(run),
      `${"  ".repeat(depth)}${run.info.name}`,
      run.info.id.slice(0, 8),
      names.size < 2 || depth > 0 ? "" : names.get(run.info.experimentId) ?? run.info.experimentId,
      statusCell(run),
      formatInstant(run.info.startedAt),
      durationText(run),
      metricsText(metricValues(run)),
    ]);
    const columns = call.columns === undefined ? {} : { columns: call.columns };
    writeLines(call.stdout, tableLines(head, cells, { paint: call.paint, right: [6], ...columns }));
    return 0;
  }));

/** A run whose parent is older than the limit reaches is shown below it all the same. */
async function withParents(tracker: Tracker, runs: readonly Run[]): Promise<Run[]> {
  const all = new Map(runs.map((run) => [run.info.id, run]));
  for (const run of runs) {
    const parent = tagOf(run, parentTag);
    if (parent === undefined || all.has(parent)) continue;
    try {
      const found = await tracker.getRun(parent);
      all.set(parent, found);
    } catch (error) {
      if (!(error instanceof TrackingError)) throw error;
    }
  }
  return [...all.values()].sort((a, b) => b.info.startedAt - a.info.startedAt);
}
