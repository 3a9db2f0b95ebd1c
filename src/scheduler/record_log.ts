/** Records and tells what a step writes to the file named in `SLUICE_LOG`. */
import type { PlannedStep } from "../core/plan.ts";
import { TrackingError } from "../core/tracking.ts";
import type { LogContent } from "./follow_log.ts";
import type { Services } from "./services.ts";

/** How many lines that say nothing known are shown of one attempt; of a file that is no log at all, few are enough. */
const mostWarnings = 5;

/** For one attempt of `step`, whose nested run is `runId`. What the tracker refuses is a warning, not a failure. */
export function openContentLog(
  step: PlannedStep,
  runId: string,
  services: Services,
): (content: LogContent) => Promise<void> {
  let unread = 0;
  const warn = (message: string) =>
    services.emit({ is: "warning", at: services.clock(), step: step.name, message });
  return async (content) => {
    const { metrics, parameters, tags } = content;
    if (metrics.length + parameters.length + tags.length > 0) {
      await services.tracker.logBatch(runId, { metrics, parameters, tags }).catch((error) => {
        if (!(error instanceof TrackingError)) throw error;
        warn(`Cannot log what step "${step.name}" wrote to SLUICE_LOG: ${error.message}`);
      });
    }
    const at = services.clock();
    for (const { key, value, step: index } of metrics) {
      services.emit({ is: "step-metric", at, step: step.name, metric: key, value, index });
    }
    if (content.progress !== undefined) {
      services.emit({ is: "step-progress", at, step: step.name, progress: content.progress });
    }
    for (const line of content.unread) {
      if (unread < mostWarnings) {
        const said = line.slice(0, 200);
        warn(`Step "${step.name}" wrote a line to SLUICE_LOG that says nothing known: ${said}`);
      } else if (unread === mostWarnings) {
        warn(`Step "${step.name}" wrote more such lines to SLUICE_LOG, which are not shown`);
      }
      unread++;
    }
  };
}
