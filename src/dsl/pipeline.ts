/** Pipelines: steps wired by a function, at definition, into plain data that can be planned and run. */
import { refuse } from "../core/error.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import { inside, type Place } from "../core/place.ts";
import type { StartRun } from "../core/run.ts";
import { callSiteOf } from "./call_site.ts";
import { lowerParameters } from "./lower_parameter.ts";
import { checkName, checkNameSpace } from "./names.ts";
import type { DefinePipeline, PipelineSpec } from "./pipeline_types.ts";
import { lowerResults } from "./results.ts";
import { runPipeline } from "./run_pipeline.ts";
import type { Shape } from "./shape.ts";
import { type InnerPipeline, openParameters, usePipeline, wireIn } from "./use_pipeline.ts";
import { inScope, openGraph } from "./wiring.ts";

/** Known to every copy of this module: the program `sluice` and a user's module may each have loaded one. */
const definitionKey = Symbol.for("sluice.pipeline.1");

/** True for what `pipeline(…)` returns. */
export const isPipeline = (value: unknown): boolean => typeof value === "function" && definitionKey in value;

/** The plain data of a pipeline. Fails with PIPELINE_EXPORT_WRONG when `value` is none. */
export function definitionOf(value: unknown): PipelineDefinition {
  if (typeof value === "function" && definitionKey in value) {
    return value[definitionKey] as PipelineDefinition;
  }
  return refuse({
    code: "PIPELINE_EXPORT_WRONG",
    message: "Cannot run this as it is no pipeline",
    hint: "Pass what `pipeline(…)` returns",
  });
}

/** Makes the function `pipeline`, whose pipelines run by `start`. */
export function pipelineWith(start: StartRun): DefinePipeline {
  const define = (name: string, spec: PipelineSpec<Shape>, wire: (params: never) => unknown) => {
    const { place, module } = callSiteOf(define);
    checkName("pipeline", name, place);
    const at = inside(place, `pipeline "${name}"`);
    const inner: InnerPipeline = { name, parameters: lowerShape(spec, at), wire, place: at };
    if (typeof wire !== "function") refuseWire("without a function that wires it", at);
    const scope = openGraph(name);
    const params = openParameters(scope, inner);
    const results = inScope(scope, () => wireIn(scope, inner, params));
    const definition: PipelineDefinition = {
      name,
      ...(spec.description === undefined ? {} : { description: spec.description }),
      module,
      place,
      parameters: Object.fromEntries(scope.graph.parameters),
      steps: scope.graph.steps,
      results: lowerResults(results),
    };
    const use = (given: unknown, order: unknown) => usePipeline(inner, undefined, given, order, use);
    const as = (useName: unknown, given: unknown, order: unknown) =>
      usePipeline(inner, useName, given, order, as);
    return Object.assign(use, {
      as,
      params: spec.params ?? {},
      run: (...given: readonly unknown[]) => runPipeline(start, definition, results, given),
      [definitionKey]: definition,
    });
  };
  return define as unknown as DefinePipeline;
}

function lowerShape(spec: PipelineSpec<Shape>, at: Place) {
  if (typeof spec !== "object" || spec === null) refuseWire("without a specification", at);
  const parameters = lowerParameters(spec.params ?? {}, at);
  checkNameSpace([["parameter", Object.keys(parameters)]], at);
  return parameters;
}

function refuseWire(what: string, at: Place): never {
  return refuse({
    code: "WIRE_INVALID",
    message: `Cannot define a pipeline ${what}`,
    at,
    hint: 'Such as `pipeline("iris", { params: {…} }, ({ alpha }) => { … })`',
  });
}
