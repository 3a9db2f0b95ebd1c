/** A run as Markdown, for the page of a CI run. */
import type { Failure } from "../core/error.ts";
import type { StepReport } from "../core/event.ts";
import { formatPlace } from "../core/place.ts";
import { formatDuration, formatSize } from "./human_units.ts";
import { shownPath, shownTracker } from "./shown_path.ts";
import { metricsText } from "./step_text.ts";
import { reasonNotRun, runFailure, runTimeMs, sandboxText, type SummaryContent } from "./summary_content.ts";
import { code, fence, prose, table } from "./summary_markdown_text.ts";

/** GitHub takes no more than 1 MiB in all from a step of a workflow; these keep a summary well below. */
const mostRows = 1000;
const mostFailures = 50;
const mostUnits = 300_000;

const marks = { finished: "✅", failed: "❌", killed: "⏹️", refused: "⛔" } as const;

/** At most as long as GitHub takes. */
export function summaryMarkdown(content: SummaryContent): string {
  const blocks = [
    title(content),
    facts(content),
    stepTable(content),
    outputTable(content),
    ...failures(content),
  ];
  return `${blocks.filter((block) => block.length > 0).map((block) => block.join("\n")).join("\n\n")}\n`;
}

function title(content: SummaryContent): string[] {
  const { pipeline, entryPoint, ended, refusal } = content;
  const status = ended?.status ?? (refusal === undefined ? "killed" : "refused");
  const time = ended === undefined ? "" : ` in ${formatDuration(runTimeMs(content))}`;
  return [`## ${marks[status]} ${code(pipeline)} ${code(entryPoint)} ${status}${time}`];
}

function facts(content: SummaryContent): string[] {
  const { started, gitCommit, workingFolder } = content;
  const sandbox = sandboxText(content);
  return [
    ...(started === undefined ? [] : [
      `- run: ${code(started.runName)} (${code(started.runId)}) in experiment ${code(started.experiment)}`,
    ]),
    ...(sandbox === "" ? [] : [`- sandbox: ${sandbox}`]),
    ...(started === undefined ? [] : [`- tracker: ${code(shownTracker(started.tracker, workingFolder))}`]),
    ...(gitCommit === undefined ? [] : [`- commit: ${code(gitCommit)}`]),
  ];
}

function stepTable({ started, ended }: SummaryContent): string[] {
  const steps = ended?.steps ?? [];
  const rows = [
    ...steps.map(stepRow),
    ...(started?.skipped ?? []).map(({ step, because }) => [
      code(step),
      "– skipped",
      "",
      "",
      "",
      `${code(because)} is false`,
    ]),
  ];
  if (rows.length === 0) return [];
  const shown = table(["step", "state", "time", "cached", "sandbox", "metrics"], rows.slice(0, mostRows), [
    2,
  ]);
  return [...shown, ...more(rows.length, mostRows, "steps")];
}

function stepRow(report: StepReport): string[] {
  const { step, outcome, startedAt, endedAt, sandbox, metrics } = report;
  const wasStarted = outcome.is !== "blocked" && report.runId !== "";
  return [
    code(step),
    `${stateMarks[outcome.is]} ${outcome.is}`,
    wasStarted ? formatDuration(endedAt - startedAt) : "",
    outcome.is === "cached" ? `from ${code(outcome.runId.slice(0, 8))}` : wasStarted ? "no" : "",
    sandbox ?? "",
    code(metricsText(metrics, 10)) || prose(reasonNotRun(outcome)),
  ];
}

const stateMarks: Readonly<Record<StepReport["outcome"]["is"], string>> = {
  finished: "✅",
  cached: "✅",
  failed: "❌",
  killed: "⏹️",
  blocked: "–",
};

function outputTable({ ended, workingFolder }: SummaryContent): string[] {
  const rows = (ended?.steps ?? []).flatMap((report) =>
    Object.entries(report.outputs).map(([name, { path, digest, sizeBytes }]) => [
      code(`${report.step}.${name}`),
      formatSize(sizeBytes),
      code(digest),
      code(shownPath(path, workingFolder)),
    ])
  );
  if (rows.length === 0) return [];
  const shown = table(["output", "size", "digest", "path"], rows.slice(0, mostRows), [1]);
  return [...shown, ...more(rows.length, mostRows, "outputs")];
}

function failures(content: SummaryContent): string[][] {
  const whole = runFailure(content);
  const failed = (content.ended?.steps ?? []).filter(({ outcome }) => outcome.is === "failed");
  const blocks = whole === undefined ? [] : [failureBlock("The run", whole, [])];
  let units = 0;
  for (const { step, outcome } of failed.slice(0, mostFailures)) {
    if (outcome.is !== "failed" || units > mostUnits) break;
    const log = outcome.log === undefined ? [] : [
      "",
      `Whole log: ${code(shownPath(outcome.log, content.workingFolder))}`,
    ];
    const block = [...failureBlock(code(step), outcome.failure, outcome.lastLines), ...log];
    units += block.reduce((sum, line) => sum + line.length, 0);
    blocks.push(block);
  }
  const left = failed.length + (whole === undefined ? 0 : 1) - blocks.length;
  return [...blocks, left > 0 ? [`${left} further steps failed`] : []];
}

function failureBlock(what: string, failure: Failure, lastLines: readonly string[]): string[] {
  const place = failure.at === undefined ? "" : formatPlace(failure.at);
  return [
    `### ${what}: ${failure.code}`,
    "",
    `**${failure.code}**: ${prose(failure.message)}`,
    ...(place === "" ? [] : ["", `At ${code(place)}`]),
    ...(failure.details === undefined
      ? []
      : ["", ...fence(failure.details.trimEnd().split("\n").slice(-mostLines))]),
    ...(failure.hint === undefined ? [] : ["", `**Hint**: ${prose(failure.hint)}`]),
    ...(lastLines.length === 0
      ? []
      : ["", "The last lines of its output:", "", ...fence(lastLines.slice(-mostLines))]),
  ];
}

const mostLines = 50;

const more = (all: number, shown: number, what: string): string[] =>
  all <= shown ? [] : ["", `${all - shown} further ${what} are not shown`];
