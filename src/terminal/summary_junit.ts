/**
 * A run as JUnit's XML: one `testsuite`, a `testcase` for each step.
 *
 * Elements and attributes are those that Jenkins' schema (junit-10.xsd of its xunit plugin) and GitLab's reader share.
 */
import type { Failure } from "../core/error.ts";
import type { StepReport } from "../core/event.ts";
import { formatPlace } from "../core/place.ts";
import { safeLine } from "./safe_text.ts";
import { shownPath } from "./shown_path.ts";
import { reasonNotRun, runFailure, runTimeMs, type SummaryContent } from "./summary_content.ts";

/** XML by the schema of Jenkins' JUnit plugin. */
export function summaryJunit(content: SummaryContent): string {
  const { pipeline, entryPoint, started, ended, workingFolder } = content;
  const name = `${pipeline}/${entryPoint}`;
  const caseName = (step: string, time: number) =>
    `name="${xml(step)}" classname="${xml(`${pipeline}.${entryPoint}`)}" time="${seconds(time)}"`;
  const steps = ended?.steps ?? [];
  const whole = runFailure(content);
  const skipped = started?.skipped ?? [];
  const cases = [
    ...(whole === undefined ? [] : [testcase(caseName("(run)", 0), failureLines("error", whole))]),
    ...steps.map((report) =>
      testcase(caseName(report.step, report.endedAt - report.startedAt), stepLines(report, workingFolder))
    ),
    ...skipped.map(({ step, because }) =>
      testcase(caseName(step, 0), [`<skipped message="${xml(`\`${because}\` is false`)}"/>`])
    ),
  ];
  const count = (...outcomes: readonly string[]) =>
    steps.filter(({ outcome }) => outcomes.includes(outcome.is)).length;
  const counts = `tests="${cases.length}" failures="${count("failed")}" errors="${
    whole === undefined ? 0 : 1
  }"`;
  const time = `time="${seconds(runTimeMs(content))}"`;
  const startedAt = started === undefined ? "" : ` timestamp="${timestamp(started.at)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="sluice" ${counts} ${time}>`,
    `  <testsuite name="${xml(name)}" ${counts} skipped="${
      count("killed", "blocked") + skipped.length
    }" ${time}${startedAt}>`,
    ...cases.flat().map((line) => `    ${line}`),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

/** What is inside is not indented: spaces of text are its own. */
const testcase = (attributes: string, inside: readonly string[]): string[] =>
  inside.length === 0
    ? [`<testcase ${attributes}/>`]
    : [`<testcase ${attributes}>`, ...inside.map((line) => `  ${line}`), "</testcase>"];

function stepLines(report: StepReport, workingFolder: string): string[] {
  const { outcome } = report;
  switch (outcome.is) {
    case "finished":
      return output(madeLines(report, workingFolder));
    case "cached":
      return output([`cached, made by run ${outcome.runId}`, ...madeLines(report, workingFolder)]);
    case "failed":
      return [...failureLines("failure", outcome.failure), ...output(outcome.lastLines)];
    case "killed":
    case "blocked":
      return [`<skipped message="${xml(reasonNotRun(outcome))}"/>`];
  }
}

function madeLines({ sandbox, metrics, outputs }: StepReport, workingFolder: string): string[] {
  return [
    ...(sandbox === undefined ? [] : [`sandbox ${sandbox}`]),
    ...Object.entries(metrics).map(([name, value]) => `metric ${name} ${value}`),
    ...Object.entries(outputs).map(([name, { path, digest, sizeBytes }]) =>
      `output ${name} ${sizeBytes} bytes ${digest} ${shownPath(path, workingFolder)}`
    ),
  ];
}

function failureLines(element: "failure" | "error", failure: Failure): string[] {
  const lines = [
    ...(failure.at === undefined ? [] : [`at ${formatPlace(failure.at)}`]),
    ...(failure.details === undefined ? [] : failure.details.trimEnd().split("\n")),
    ...(failure.hint === undefined ? [] : [`hint: ${failure.hint}`]),
  ];
  const attributes = `type="${failure.code}" message="${xml(failure.message)}"`;
  return [`<${element} ${attributes}>${lines.map((line) => xml(safeLine(line))).join("\n")}</${element}>`];
}

const output = (lines: readonly string[]): string[] =>
  lines.length === 0
    ? []
    : [`<system-out>${lines.map((line) => xml(safeLine(line))).join("\n")}</system-out>`];

const seconds = (ms: number): string => (Math.max(0, ms) / 1000).toFixed(3);

/** UTC, as JUnit's own writer has it: without fractions or a zone. */
function timestamp(instant: number): string {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? "1970-01-01T00:00:00" : at.toISOString().slice(0, 19);
}

// deno-lint-ignore no-control-regex -- what XML 1.0 (§2.2) has no way to write, lone surrogates among it
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

/** For text and for attributes, where line ends and tabs would become spaces. */
function xml(text: string): string {
  return text.replaceAll(unwritable, "").replaceAll(
    /[&<>"'\n\r\t]/g,
    (character) => `&#${character.codePointAt(0)};`,
  );
}
