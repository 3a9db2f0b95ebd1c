/** How far a run has come, kept up to date by its events. */
import type { EnvironmentProgress } from "../core/environment.ts";
import type { Event, StepReport } from "../core/event.ts";

export type StepState =
  | "queued"
  | "waiting"
  | "running"
  | "finished"
  | "cached"
  | "failed"
  | "killed"
  | "blocked";

export interface StepView {
  readonly step: string;
  state: StepState;
  startedAt?: number;
  attempt?: number;
  progress?: number;
  lastMetric?: { readonly metric: string; readonly value: number; readonly index: number };
  report?: StepReport;
}

export interface RunView {
  started?: Extract<Event, { is: "run-started" }>;
  ended?: Extract<Event, { is: "run-ended" }>;
  /** In the order of the plan. */
  readonly steps: Map<string, StepView>;
  /** Those being made. */
  readonly environments: Map<string, EnvironmentProgress>;
}

/** Before the first event. */
export const newRunView = (): RunView => ({ steps: new Map(), environments: new Map() });

/** Takes an event into the view; costs the same however many steps there are. */
export function updateRunView(view: RunView, event: Event): void {
  switch (event.is) {
    case "run-started":
      view.started = event;
      for (const { step } of event.steps) view.steps.set(step, { step, state: "queued" });
      return;
    case "environment-progress":
      view.environments.set(event.environment, event.progress);
      return;
    case "environment-ready":
      view.environments.delete(event.environment);
      return;
    case "step-waiting":
      stepOf(view, event.step).state = "waiting";
      return;
    case "step-started": {
      const step = stepOf(view, event.step);
      step.state = "running";
      step.startedAt ??= event.at;
      step.attempt = event.attempt;
      return;
    }
    case "step-metric":
      stepOf(view, event.step).lastMetric = event;
      return;
    case "step-progress":
      stepOf(view, event.step).progress = event.progress;
      return;
    case "step-retrying": {
      const step = stepOf(view, event.step);
      delete step.progress;
      return;
    }
    case "step-ended": {
      const step = stepOf(view, event.step);
      step.state = event.outcome.is;
      step.report = event;
      return;
    }
    case "run-ended":
      view.ended = event;
      view.environments.clear();
      return;
    case "step-output":
    case "warning":
      return;
  }
}

function stepOf(view: RunView, step: string): StepView {
  let found = view.steps.get(step);
  if (found === undefined) view.steps.set(step, found = { step, state: "queued" });
  return found;
}

/** How many steps stand in each state. */
export function countStates(view: RunView): ReadonlyMap<StepState, number> {
  const counts = new Map<StepState, number>();
  for (const { state } of view.steps.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}
