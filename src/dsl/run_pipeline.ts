/** `pipeline.run`: from typed arguments to a request, and from an outcome to typed results. */
import { mainEntryPoint, type PipelineDefinition } from "../core/pipeline.ts";
import type { ResultValue, RunOptions, RunOutcome, StartRun } from "../core/run.ts";

type Given = Readonly<Record<string, unknown>>;

/** The function behind each overload of `Pipeline.run`. */
export function runPipeline(definition: PipelineDefinition, start: StartRun) {
  return async (
    first?: string | Given,
    second?: Given | RunOptions,
    third?: RunOptions,
  ): Promise<unknown> => {
    const isNamed = typeof first === "string";
    const entryPoint = isNamed ? first : mainEntryPoint;
    const parameters = ((isNamed ? second : first) ?? {}) as Given;
    const options = ((isNamed ? third : second) ?? {}) as RunOptions;
    const outcome = await start(definition, { entryPoint, parameters, isText: false }, options);
    return resultsOf(definition, entryPoint, outcome);
  };
}

function resultsOf(definition: PipelineDefinition, entryPoint: string, outcome: RunOutcome) {
  const metrics: Record<string, ResultValue> = {};
  const outputs: Record<string, ResultValue> = {};
  const isMetric = metricTest(definition, entryPoint);
  for (const [name, value] of Object.entries(outcome.results)) {
    if (isMetric(name)) metrics[name] = value;
    else outputs[name] = pathsOnly(value);
  }
  const { runId, experimentId, steps } = outcome;
  const params = entryPoint === mainEntryPoint ? outcome.parameters : steps[entryPoint]?.parameters ?? {};
  return { runId, experimentId, params, metrics, outputs, steps };
}

function metricTest(definition: PipelineDefinition, entryPoint: string): (name: string) => boolean {
  if (entryPoint === mainEntryPoint) return (name) => definition.results[name]?.is === "metric";
  const use = definition.steps.find((candidate) => candidate.name === entryPoint);
  return (name) => use?.definition.metrics.includes(name) ?? false;
}

/** Of a use that is returned as a whole, its outputs; its metrics are in `steps`. */
function pathsOnly(value: ResultValue): ResultValue {
  if (typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, item]) => typeof item === "string"));
}
