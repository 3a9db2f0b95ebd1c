/** Words and marks for a step's state. */
import type { EnvironmentProgress } from "../core/environment.ts";
import { unreachable } from "../core/error.ts";
import { formatMetric } from "./human_units.ts";
import type { Colour } from "./paint.ts";
import type { StepState } from "./run_view.ts";

export const stateMarks: Readonly<Record<StepState | "skipped", string>> = {
  queued: "·",
  waiting: "·",
  running: "▶",
  finished: "✓",
  cached: "≡",
  failed: "✗",
  killed: "■",
  blocked: "–",
  skipped: "–",
};

export const stateColours: Readonly<Record<StepState | "skipped", Colour>> = {
  queued: "dim",
  waiting: "dim",
  running: "blue",
  finished: "green",
  cached: "green",
  failed: "red",
  killed: "yellow",
  blocked: "dim",
  skipped: "dim",
};

/** `rmse 0.731, r2 0.42, +3`: the first of them. */
export function metricsText(metrics: Readonly<Record<string, number>>, limit = 3): string {
  const all = Object.entries(metrics);
  const shown = all.slice(0, limit).map(([name, value]) => `${name} ${formatMetric(value)}`);
  return [...shown, ...(all.length > limit ? [`+${all.length - limit}`] : [])].join(", ");
}

/** How far an environment has come, in words. */
export function environmentText(progress: EnvironmentProgress): string {
  switch (progress.is) {
    case "resolving":
      return "resolving";
    case "installing":
      return progress.message === "" ? "installing" : `installing: ${progress.message}`;
    case "compiling":
      return "compiling its packages";
    case "waiting":
      return "waiting for another process that makes it";
    default:
      return unreachable(progress);
  }
}
