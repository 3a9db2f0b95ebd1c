/** What a run gives back to the program that asked for it. */
import type { StepReport } from "../core/event.ts";
import type { PipelineResult, Source } from "../core/pipeline.ts";
import type { Plan } from "../core/plan.ts";
import type { ResultValue, RunOutcome } from "../core/run.ts";
import { filePath } from "../plan/observation.ts";
import type { Executed } from "../scheduler/execute.ts";

/** What the caller of a run gets: results by name, reports by step. */
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
      return givenValue(result.source);
    case "list":
      return result.items.map((item) => valueOf(item, plan, steps));
    case "steps":
      return Object.assign({}, ...result.steps.map((step) => stepValues(steps[step])));
  }
}

function givenValue(source: Source): ResultValue {
  if (source.is === "file") return filePath(source);
  return source.is === "registered" ? source.uri : undefined;
}

function stepValues(report: StepReport | undefined): Record<string, ResultValue> {
  if (report === undefined) return {};
  const paths = Object.entries(report.outputs).map(([name, output]) => [name, output.path] as const);
  return { ...Object.fromEntries(paths), ...report.metrics };
}
