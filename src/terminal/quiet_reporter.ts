/** A run as its failures, on standard error, and one last line on standard output. */
import type { Reporter } from "../core/ports/reporter.ts";
import { failedStepLines, lastLine } from "./closing_report.ts";
import type { ReporterSurface } from "./reporter_surface.ts";
import type { RunView } from "./run_view.ts";

/** Failures and the last line, to standard error. */
export function quietReporter(surface: ReporterSurface): Reporter {
  const { stdout, stderr, workingFolder, paintError, paintOutput } = surface;
  const view: Pick<RunView, "started"> = {};
  return {
    report(event) {
      if (event.is === "run-started") view.started = event;
      if (event.is !== "run-ended") return;
      const failed = failedStepLines(event, { paint: paintError, workingFolder });
      if (failed.length > 0) stderr.write(`${failed.join("\n")}\n\n`);
      stdout.write(`${lastLine(view, event, { paint: paintOutput, workingFolder })}\n`);
    },
    close: () => Promise.resolve(),
  };
}
