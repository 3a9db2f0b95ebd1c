/** `sluice runs show`: all that is recorded of one run. */
import type { Tracker } from "../../core/ports/tracker.ts";
import { type ArtifactInfo, type Run, tagOf } from "../../core/tracking.ts";
import { formatInstant, formatMetric, formatSize } from "../../terminal/human_units.ts";
import { jsonLine } from "../../terminal/json_reporter.ts";
import { jsonOption, trackingOption } from "../../terminal/run_flags.ts";
import { safeText } from "../../terminal/safe_text.ts";
import { shownPath } from "../../terminal/shown_path.ts";
import { metricsText } from "../../terminal/step_text.ts";
import { tableLines } from "../../terminal/table.ts";
import { writeLines } from "../../terminal/text_sink.ts";
import { type Call, makeCommand } from "../command.ts";
import { findRun, nestedRuns, parentTag, withTracker } from "./run_records.ts";
import { durationText, metricValues, runJson, statusCell, statusMark } from "./run_text.ts";

export const runsShow = makeCommand({
  name: "runs show",
  summary: "Show all that is recorded of one run",
  positionals: [{
    name: "run",
    value: { is: "text", placeholder: "RUN" },
    description: "The id of a run, or its first digits",
  }],
  options: [
    { name: "tags", description: "Show all tags" },
    jsonOption,
    trackingOption,
  ],
  examples: [
    { arguments: "0123abcd", description: "By the first digits of its id" },
    { arguments: "0123abcd --json", description: "For programs" },
  ],
}, (call) =>
  withTracker(call, async (tracker) => {
    const run = await findRun(tracker, call.positionals[0]!);
    const nested = await nestedRuns(tracker, run);
    const artifacts = await tracker.artifacts.list(run.info.artifactUri, "");
    if (call.options.has("json")) {
      call.stdout.write(`${jsonLine({ ...runJson(run), artifacts, nested: nested.map(runJson) })}\n`);
      return 0;
    }
    const experiment = await tracker.getExperiment(run.info.experimentId);
    const sections = [
      headLines(run, experiment.name, tracker, call),
      tableOf(call, ["param", "value"], run.parameters.map(({ key, value }) => [key, value])),
      tableOf(call, ["metric", "value"], metricRows(run), [1]),
      tableOf(call, ["", "nested run", "id", "state", "time", "metrics"], nested.map(nestedRow), [4]),
      tableOf(call, ["artifact", "size"], artifacts.map(artifactRow), [1]),
      call.options.has("tags")
        ? tableOf(call, ["tag", "value"], run.tags.map(({ key, value }) => [key, value]))
        : [],
    ];
    writeLines(
      call.stdout,
      sections.filter((lines) => lines.length > 0).flatMap((lines) => ["", ...lines]).slice(1),
    );
    return 0;
  }));

function headLines(run: Run, experiment: string, tracker: Tracker, call: Call): string[] {
  const { info } = run;
  const folder = tracker.artifacts.localFolder(info.artifactUri);
  const parent = tagOf(run, parentTag);
  const facts: readonly (readonly [string, string])[] = [
    ["run", info.id],
    ["experiment", experiment],
    ["state", String(statusCell(run).text)],
    ["made by", tagOf(run, "sluice.cache.run") ?? ""],
    ["started", formatInstant(info.startedAt)],
    ["time", durationText(run)],
    ["user", info.user],
    ["source", tagOf(run, "mlflow.source.name") ?? ""],
    ["commit", tagOf(run, "mlflow.source.git.commit") ?? ""],
    ["entry point", tagOf(run, "mlflow.project.entryPoint") ?? ""],
    ["parent", parent ?? ""],
    ["environment", tagOf(run, "sluice.environment") ?? ""],
    ["sandbox", tagOf(run, "sluice.sandbox") ?? ""],
    ["artifacts", folder === undefined ? info.artifactUri : shownPath(folder, call.workingFolder)],
  ];
  const known = facts.filter(([, value]) => value !== "");
  const width = Math.max(...known.map(([name]) => name.length));
  return [
    call.paint("bold", safeText(info.name)),
    ...known.map(([name, value]) => `${call.paint("dim", name.padEnd(width))}  ${safeText(value)}`),
  ];
}

type Cells = Parameters<typeof tableLines>[1];

function tableOf(call: Call, head: readonly string[], rows: Cells, right: readonly number[] = []): string[] {
  if (rows.length === 0) return [];
  const columns = call.columns === undefined ? {} : { columns: call.columns };
  return tableLines(head, rows, { paint: call.paint, right, ...columns });
}

const metricRows = (run: Run): string[][] =>
  Object.entries(metricValues(run)).map(([key, value]) => [key, formatMetric(value)]);

const nestedRow = (run: Run) => [
  statusMark(run),
  run.info.name,
  run.info.id.slice(0, 8),
  statusCell(run),
  durationText(run),
  metricsText(metricValues(run)),
];

const artifactRow = ({ path, isFolder, sizeBytes }: ArtifactInfo): string[] => [
  isFolder ? `${path}/` : path,
  sizeBytes === undefined ? "" : formatSize(sizeBytes),
];
