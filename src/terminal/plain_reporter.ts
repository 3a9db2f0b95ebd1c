/** A run as plain lines, for where there is no terminal: what happens on standard error, the closing table on output. */
import { unreachable } from "../core/error.ts";
import type { Event, StepReport } from "../core/event.ts";
import type { Reporter } from "../core/ports/reporter.ts";
import { closingTable, failedStepLines, lastLine, nextCommands } from "./closing_report.ts";
import { formatDuration } from "./human_units.ts";
import type { ReporterSurface } from "./reporter_surface.ts";
import type { RunView } from "./run_view.ts";
import { safeLine, safeText } from "./safe_text.ts";
import { environmentText, metricsText } from "./step_text.ts";
import { writeLines } from "./text_sink.ts";

/** `verbose`: each line a step prints, after its name. */
export function plainReporter(surface: ReporterSurface, { verbose = false } = {}): Reporter {
  const view: Pick<RunView, "started"> = {};
  const told = new Map<string, number>();
  let held = "";
  const write = (text: string) => {
    surface.stderr.write(held + text);
    held = "";
  };
  return {
    report(event) {
      if (event.is === "run-started") view.started = event;
      let text = "";
      for (const line of eventLines(event, verbose, told)) text += `${line}\n`;
      // Of many cached steps not each line is written by itself: something else always follows.
      const isHeld = event.is === "step-ended" && event.outcome.is === "cached" && held.length < mostHeld;
      if (isHeld) held += text;
      else if (text !== "" || event.is === "run-ended") write(text);
      if (event.is === "run-ended") writeClosing(surface, view, event);
    },
    close() {
      write("");
      return Promise.resolve();
    },
  };
}

const mostHeld = 8192;

/** The table to standard output; failures, the last line and what to do next to standard error. */
export function writeClosing(
  surface: ReporterSurface,
  view: Pick<RunView, "started">,
  ended: Extract<Event, { is: "run-ended" }>,
): void {
  const { stdout, stderr, workingFolder } = surface;
  const onOutput = {
    paint: surface.paintOutput,
    workingFolder,
    ...(stdout.isTerminal ? { columns: stdout.size().columns } : {}),
  };
  const onError = { paint: surface.paintError, workingFolder };
  if (ended.steps.length > 0) writeLines(stdout, closingTable(view, ended, onOutput));
  const failed = failedStepLines(ended, onError);
  const lines = [
    ...(failed.length === 0 ? [] : ["", ...failed]),
    "",
    lastLine(view, ended, onError),
    ...nextCommands(view, ended, workingFolder).map((command) => `Next: ${command}`),
  ];
  stderr.write(`${lines.join("\n")}\n`);
}

/** `told` holds when each environment was last spoken of, so that a hundred packages are not a hundred lines. */
function eventLines(event: Event, verbose: boolean, told: Map<string, number>): string[] {
  switch (event.is) {
    case "run-started":
      return [
        `${safeText(event.pipeline)}: entry point ${safeText(event.entryPoint)}, run ${
          safeText(event.runName)
        } (${safeText(event.runId)}) in experiment ${safeText(event.experiment)}`,
      ];
    case "environment-progress": {
      const last = told.get(event.environment);
      if (last !== undefined && event.at - last < 2000) return [];
      told.set(event.environment, event.at);
      return [`environment ${safeText(event.environment)}: ${safeText(environmentText(event.progress))}`];
    }
    case "environment-ready":
      if (!event.isNew) return [];
      return [
        `environment ${safeText(event.environment)}: made in ${formatDuration(event.tookMs)}${
          event.packages === undefined
            ? ""
            : `, ${event.packages} package${event.packages === 1 ? "" : "s"} installed`
        }`,
      ];
    case "step-waiting":
      return [`${safeText(event.step)}: waiting for another run of the same step`];
    case "step-started":
      return [`${safeText(event.step)}: started${event.attempt > 1 ? `, attempt ${event.attempt}` : ""}`];
    case "step-output":
      return verbose ? [`${safeText(event.step)} | ${safeLine(event.line)}`] : [];
    case "step-metric":
    case "step-progress":
      return [];
    case "step-retrying":
      return [`${safeText(event.step)}: ${safeLine(event.failure.message)}; trying again`];
    case "step-ended":
      return [`${safeText(event.step)}: ${endText(event)}`];
    case "warning":
      return [warningText(event)];
    case "run-ended":
      return [];
    default:
      return unreachable(event);
  }
}

/** As it is shown in plain lines and in the live view. */
export const warningText = (event: Extract<Event, { is: "warning" }>): string =>
  `warning: ${safeLine(event.message)}`;

/** `finished in 1.2 s, rmse 0.73`, `failed after 3 ms: …`. */
function endText(report: StepReport): string {
  const { outcome } = report;
  const time = formatDuration(report.endedAt - report.startedAt);
  switch (outcome.is) {
    case "finished": {
      const metrics = safeText(metricsText(report.metrics));
      return `finished in ${time}${metrics === "" ? "" : `, ${metrics}`}`;
    }
    case "cached": {
      const metrics = safeText(metricsText(report.metrics));
      return `cached${metrics === "" ? "" : `, ${metrics}`}`;
    }
    case "failed":
      return `failed after ${time}: ${safeLine(outcome.failure.message)}`;
    case "killed":
      return report.runId === "" ? "not started, as the run was stopped" : `stopped after ${time}`;
    case "blocked":
      return `not started, as ${safeText(outcome.step)} did not finish`;
  }
}
