/** `pipeline.run`: from typed arguments to a request, and from an outcome to typed results. */
import { mainEntryPoint, type PipelineDefinition } from "../core/pipeline.ts";
import type { RunOptions, RunOutcome, StartRun } from "../core/run.ts";
import { readResults } from "./results.ts";

/** The function behind each overload of `Pipeline.run`; `results` is what the pipeline's wiring returned. */
export async function runPipeline(
  start: StartRun,
  definition: PipelineDefinition,
  results: Readonly<Record<string, unknown>>,
  given: readonly unknown[],
): Promise<unknown> {
  const [entryPoint, parameters = {}, options = {}] = typeof given[0] === "string"
    ? given
    : [mainEntryPoint, ...given];
  const outcome = await start(
    definition,
    { entryPoint: entryPoint as string, parameters: parameters as Record<string, unknown>, isText: false },
    options as RunOptions,
  );
  const { runId, experimentId, steps } = outcome;
  return { runId, experimentId, steps, ...readRun(entryPoint as string, results, outcome) };
}

function readRun(entryPoint: string, results: Readonly<Record<string, unknown>>, outcome: RunOutcome) {
  if (entryPoint === mainEntryPoint) return { params: outcome.parameters, ...readResults(results, outcome) };
  const report = outcome.steps[entryPoint];
  const outputs = Object.entries(report?.outputs ?? {}).map(([name, output]) => [name, output.path]);
  return {
    params: { ...outcome.parameters, ...report?.parameters },
    metrics: report?.metrics ?? {},
    outputs: Object.fromEntries(outputs),
  };
}
