/** What a run gives back to the program that asked for it. */
import type { StepReport } from "../core/event.ts";
import type { PipelineResult } from "../core/pipeline.ts";
import type { Plan } from "../core/plan.ts";
import type { ResultValue, RunOutcome } from "../core/run.ts";
import type { Executed } from "../scheduler/execute.ts";

export function outcomeOf(plan: Plan, executed: Executed, experimentId: string): RunOutcome {
  const steps = Object.fromEntries(executed.reports.map((report) => [report.step, report]));
  return {
    runId: executed.runId,
    experimentId,
    parameters: plan.parameters,
    results: Object.fromEntries(
      Object.entries(plan.results).map(([name, result]) => [name, valueOf(result, plan, steps)]),
    ),
    steps,
  };
}

/** What a step that was left out or did not finish would have made is undefined. */
function valueOf(
  result: PipelineResult,
  plan: Plan,
  steps: Readonly<Record<string, StepReport>>,
): ResultValue {
  switch (result.is) {
    case "output":
      return steps[result.step]?.outputs[result.output]?.path;
    case "metric":
      return steps[result.step]?.metrics[result.metric];
    case "parameter":
      return plan.parameters[result.name];
    case "given":
      return result.source.is === "file"
        ? decodeURIComponent(new URL(result.source.path, result.source.folder).pathname)
        : result.source.is === "registered"
        ? result.source.uri
        : steps[result.source.step]?.outputs[result.source.output]?.path;
    case "list":
      return result.items.map((item) => valueOf(item, plan, steps));
    case "steps":
      return Object.assign({}, ...result.steps.map((step) => stepValues(steps[step])));
  }
}

function stepValues(report: StepReport | undefined): Record<string, ResultValue> {
  if (report === undefined) return {};
  const paths = Object.entries(report.outputs).map(([name, output]) => [name, output.path] as const);
  return { ...Object.fromEntries(paths), ...report.metrics };
}
