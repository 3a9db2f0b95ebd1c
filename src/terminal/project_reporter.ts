/** A run of an MLflow project as lines: what its process prints goes where it printed it, what we say to standard error. */
import type { Event } from "../core/event.ts";
import type { Reporter } from "../core/ports/reporter.ts";
import { failedStepLines, lastLine, nextCommands } from "./closing_report.ts";
import { plainReporter } from "./plain_reporter.ts";
import type { ReporterSurface } from "./reporter_surface.ts";
import type { RunView } from "./run_view.ts";
import { safeLine } from "./safe_text.ts";

/** Lines of the process are written as they come; what is shown of it on a terminal is made safe. */
export function projectReporter(surface: ReporterSurface): Reporter {
  const { stdout, stderr } = surface;
  const plain = plainReporter(surface);
  const view: Pick<RunView, "started"> = {};
  return {
    report(event) {
      if (event.is === "run-started") view.started = event;
      switch (event.is) {
        case "step-output": {
          const sink = event.stream === "stdout" ? stdout : stderr;
          // A file or another program gets the bytes of a line as they are.
          return sink.write(`${sink.isTerminal ? safeLine(event.line) : event.line}\n`);
        }
        case "run-ended":
          return stderr.write(`${closingLines(event, view, surface).join("\n")}\n`);
        default:
          return plain.report(event);
      }
    },
    close: () => plain.close(),
  };
}

function closingLines(
  ended: Extract<Event, { is: "run-ended" }>,
  view: Pick<RunView, "started">,
  { paintError: paint, workingFolder }: ReporterSurface,
): readonly string[] {
  const shown = { ...ended, steps: ended.steps.map(withoutLastLines) };
  const failed = failedStepLines(shown, { paint, workingFolder });
  return [
    ...(failed.length === 0 ? [] : ["", ...failed, ""]),
    lastLine(view, shown, { paint, workingFolder }),
    ...nextCommands(view, shown, workingFolder).map((command) => `Next: ${command}`),
  ];
}

/** They stand above already. */
const withoutLastLines = (report: Extract<Event, { is: "run-ended" }>["steps"][number]) =>
  report.outcome.is === "failed" ? { ...report, outcome: { ...report.outcome, lastLines: [] } } : report;
