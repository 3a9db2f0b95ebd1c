/** What is said when a run has ended: a table, what failed and why, what to do next. */
import { quoteForShell } from "../core/command.ts";
import type { StepReport } from "../core/event.ts";
import type { Event } from "../core/event.ts";
import { failureLines } from "./failure_text.ts";
import { formatDuration, formatSize } from "./human_units.ts";
import type { Paint } from "./paint.ts";
import type { RunView, StepState } from "./run_view.ts";
import { safeLine, safeText } from "./safe_text.ts";
import { shownPath, shownTracker } from "./shown_path.ts";
import { metricsText, stateColours, stateMarks } from "./step_text.ts";
import { type Cell, tableRows } from "./table.ts";

type Ended = Extract<Event, { is: "run-ended" }>;
/** What is known of how the run began. */
type Begun = Pick<RunView, "started">;

export interface ClosingOptions {
  readonly paint: Paint;
  /** Paths are shown relative to it. */
  readonly workingFolder: string;
  /** The widest line of the table; no limit when absent. */
  readonly columns?: number;
}

/** Of a run of more steps than this no more rows are shown, and none of cached steps. */
const mostRows = 1000;

/** The lines of the table of steps and of the list of outputs. */
export function* closingTable(view: Begun, ended: Ended, options: ClosingOptions): Generator<string> {
  const { paint, workingFolder, columns } = options;
  const shown = ended.steps.length <= mostRows
    ? ended.steps
    : ended.steps.filter(({ outcome }) => outcome.is !== "cached").slice(0, mostRows);
  const rows = shown.map((report) => stepRow(report));
  for (const { step, because } of view.started?.skipped ?? []) {
    rows.push([mark("skipped"), step, "skipped", "", "", `\`${because}\` is false`]);
  }
  if (rows.length > 0) {
    yield* tableRows(["", "step", "state", "time", "sandbox", "metrics"], rows, {
      paint,
      right: [3],
      ...(columns === undefined ? {} : { columns }),
    });
  }
  if (shown.length < ended.steps.length) yield restLine(ended.steps, new Set(shown));
  const outputs = shown.flatMap((report) =>
    Object.entries(report.outputs).map(([name, { path, sizeBytes }]) => [
      `${report.step}.${name}`,
      formatSize(sizeBytes),
      shownPath(path, workingFolder),
    ])
  );
  if (outputs.length === 0) return;
  yield "";
  // A path is to be copied: it is never cut.
  yield* tableRows(["output", "size", "path"], outputs, { paint, right: [1] });
}

/** `99990 steps more: 99980 cached, 10 finished`. */
function restLine(all: readonly StepReport[], shown: ReadonlySet<StepReport>): string {
  const counts = new Map<StepState, number>();
  for (const report of all) {
    if (!shown.has(report)) counts.set(report.outcome.is, (counts.get(report.outcome.is) ?? 0) + 1);
  }
  const told = [...counts].map(([state, count]) => `${count} ${state}`).join(", ");
  return `${all.length - shown.size} steps${shown.size === 0 ? "" : " more"}: ${told}`;
}

function stepRow({ step, outcome, startedAt, endedAt, metrics, sandbox }: StepReport): (Cell | string)[] {
  const state: Cell = { text: outcome.is, colour: stateColours[outcome.is] };
  switch (outcome.is) {
    case "blocked":
      return [mark("blocked"), step, state, "", "", `"${outcome.step}" did not finish`];
    case "cached":
      return [mark("cached"), step, state, "", sandbox ?? "", metricsText(metrics)];
    case "finished":
    case "failed":
    case "killed": {
      const time = endedAt > startedAt || outcome.is === "finished"
        ? formatDuration(endedAt - startedAt)
        : "";
      return [mark(outcome.is), step, state, time, sandbox ?? "", metricsText(metrics)];
    }
  }
}

const mark = (state: StepReport["outcome"]["is"] | "skipped"): Cell => ({
  text: stateMarks[state],
  colour: stateColours[state],
});

/** Each failed step with the end of its output and its log; the first few in full. */
export function failedStepLines(ended: Ended, options: ClosingOptions): string[] {
  const failed = ended.steps.filter((report) => report.outcome.is === "failed");
  const lines = failed.slice(0, 3).flatMap((report) => ["", ...stepFailureLines(report, options)]);
  if (failed.length > 3) {
    const names = failed.slice(3, 13).map(({ step }) => safeText(step));
    const more = failed.length > 13 ? `, and ${failed.length - 13} more` : "";
    lines.push("", `Failed as well: ${names.join(", ")}${more}`);
  }
  if (failed.length === 0 && ended.failure !== undefined) {
    lines.push("", ...failureLines(ended.failure, options.paint));
  }
  return lines.slice(1);
}

function stepFailureLines(report: StepReport, { paint, workingFolder }: ClosingOptions): string[] {
  if (report.outcome.is !== "failed") return [];
  const { failure, lastLines, log } = report.outcome;
  const output = lastLines.length === 0 ? [] : [
    "",
    `  The last lines of its output:`,
    ...lastLines.map((line) => `  ${paint("dim", "|")} ${safeLine(line)}`),
  ];
  const whole = log === undefined ? [] : ["", `  Whole log: ${safeText(shownPath(log, workingFolder))}`];
  return failureLines(failure, paint, [...output, ...whole]);
}

/** `Run bold-carp-12 finished in 3.2 s, logged to sqlite:///mlflow.db`. */
export function lastLine(view: Begun, ended: Ended, { paint, workingFolder }: ClosingOptions): string {
  const { started } = view;
  const name = safeText(started?.runName ?? ended.runId);
  const time = started === undefined ? "" : ` in ${formatDuration(ended.at - started.at)}`;
  const where = started === undefined
    ? ""
    : `, logged to ${safeText(shownTracker(started.tracker, workingFolder))}`;
  const status = paint(stateColours[ended.status], ended.status);
  return `Run ${name} (${safeText(ended.runId)}) ${status}${time}${where}`;
}

/** What to type next, one a line. */
export function nextCommands(view: Begun, ended: Ended, workingFolder: string): string[] {
  const { started } = view;
  if (started === undefined) return [];
  const tracker = safeText(shownTracker(started.tracker, workingFolder));
  const isUsual = tracker === "sqlite:///mlflow.db";
  const option = isUsual ? "" : ` --tracking-uri ${quoteForShell(tracker)}`;
  const show = `sluice runs show ${safeText(ended.runId)}${option}`;
  if (ended.status === "finished" && tracker.startsWith("sqlite:")) {
    return [show, `mlflow ui --backend-store-uri ${quoteForShell(tracker)}`];
  }
  return [show];
}
