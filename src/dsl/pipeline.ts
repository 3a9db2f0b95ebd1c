/** `pipeline`: wires steps into a graph, and is a step to other pipelines. */
import { refuse } from "../core/error.ts";
import type { ParameterSpec } from "../core/parameter.ts";
import type { Argument, PipelineDefinition, PipelineResult } from "../core/pipeline.ts";
import { inside, type Place } from "../core/place.ts";
import type { StartRun } from "../core/run.ts";
import { bindAfter, type Binder, bindParameter, checkGiven, refuseMissing } from "./bind.ts";
import { callSiteOf } from "./call_site.ts";
import { lowerParameters } from "./lower_parameter.ts";
import { checkName, checkNameSpace } from "./names.ts";
import type { ParameterRefs, Pipeline, PipelineSpec, Returns } from "./pipeline_types.ts";
import { describeState, makeRef, makeUse, stateOfRef, stateOfUse } from "./reference.ts";
import { runPipeline } from "./run_pipeline.ts";
import type { None, Shape } from "./shape.ts";
import { claimName, currentScope, familyOf, inScope, openGraph, type Scope } from "./wiring.ts";

/** On every copy of this module, as the program `sluice` and a user's module may each have loaded one. */
const definitionKey = Symbol.for("sluice.pipeline.1");

/** True for what `pipeline(…)` returns. */
export const isPipeline = (value: unknown): boolean => typeof value === "function" && definitionKey in value;

/** The plain data of a pipeline. Throws PIPELINE_EXPORT_WRONG when `value` is none. */
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

interface Template {
  readonly name: string;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  readonly wire: (params: never) => unknown;
}

/** Makes the function `pipeline`, whose pipelines are run by `start`. */
export function pipelineWith(start: StartRun): <P extends Shape = None, R extends Returns = Returns>(
  name: string,
  spec: PipelineSpec<P>,
  wire: (params: ParameterRefs<P>) => R,
) => Pipeline<P, R> {
  return function pipeline<P extends Shape = None, R extends Returns = Returns>(
    name: string,
    spec: PipelineSpec<P>,
    wire: (params: ParameterRefs<P>) => R,
  ): Pipeline<P, R> {
    const site = callSiteOf(pipeline);
    checkName("pipeline", name, site.place);
    const at = inside(site.place, `pipeline "${name}"`);
    const parameters = lowerParameters(spec.params ?? {}, at);
    checkNameSpace([["parameter", Object.keys(parameters)]], at);
    const template: Template = { name, parameters, wire };
    const definition: PipelineDefinition = {
      name,
      ...(spec.description === undefined ? {} : { description: spec.description }),
      module: site.module,
      place: site.place,
      ...wirePipeline(template, at),
    };
    const use = (given: unknown, order: unknown) => usePipeline(template, undefined, given, order, use);
    const as = (useName: unknown, given: unknown, order: unknown) =>
      usePipeline(template, useName, given, order, as);
    return Object.assign(use, {
      as,
      params: spec.params ?? {},
      run: runPipeline(definition, start),
      [definitionKey]: definition,
    }) as unknown as Pipeline<P, R>;
  };
}

function wirePipeline(
  template: Template,
  at: Place,
): Pick<PipelineDefinition, "parameters" | "steps" | "results"> {
  const scope = openGraph(template.name);
  const refs: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(template.parameters)) {
    scope.graph.parameters.set(name, spec);
    refs[name] = makeRef({
      is: "parameter",
      owner: scope.graph,
      name,
      spec,
      argument: { is: "parameter", name },
    });
  }
  const returned = wireIn(scope, template, refs, at);
  const results: Record<string, PipelineResult> = {};
  for (const [name, value] of Object.entries(returned)) {
    const result = lowerResult(name, value, scope, inside(at, `result "${name}"`));
    if (result !== undefined) results[name] = result;
  }
  return { parameters: Object.fromEntries(scope.graph.parameters), steps: scope.graph.steps, results };
}

/** Fails with WIRE_ASYNC or WIRE_INVALID. */
function wireIn(
  scope: Scope,
  template: Template,
  refs: unknown,
  at: Place,
): Readonly<Record<string, unknown>> {
  const returned = inScope(scope, () => template.wire(refs as never));
  if (returned instanceof Promise) {
    returned.catch(() => {});
    refuse({
      code: "WIRE_ASYNC",
      message:
        `Cannot wire pipeline "${template.name}" with an async function as its graph must be known at once`,
      at,
      hint: "Wire without `async`; what must wait belongs in the `run` function of a step",
    });
  }
  const isRecord = typeof returned === "object" && returned !== null && !Array.isArray(returned) &&
    stateOfRef(returned) === undefined;
  if (isRecord) return returned as Readonly<Record<string, unknown>>;
  return refuse({
    code: "WIRE_INVALID",
    message: `Cannot wire pipeline "${template.name}" as its function returns no object`,
    at,
    hint: "Return what it makes by name, such as `return { model: fitted.model }`, or `return {}`",
  });
}

/** Undefined for what a `when` leaves out for good. */
function lowerResult(name: string, value: unknown, scope: Scope, at: Place): PipelineResult | undefined {
  const use = stateOfUse(value);
  if (use !== undefined) {
    if (use.owner !== scope.graph) refuseForeignResult(use.name, at);
    if (use.name !== name) {
      refuse({
        code: "WIRE_INVALID",
        message:
          `Cannot return the use \`${use.name}\` as \`${name}\` as a use keeps its name, which is its entry point`,
        at,
        hint: `Return it as \`"${use.name}": …\`, or return its outputs by any name`,
      });
    }
    return use.steps.length === 0 ? undefined : { is: "steps", steps: use.steps };
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => lowerResult(name, item, scope, at)).filter((item) =>
      item !== undefined
    );
    return { is: "list", items };
  }
  const state = stateOfRef(value);
  if (state === undefined) {
    return refuse({
      code: "WIRE_INVALID",
      message: `Cannot return \`${name}\` as it is no reference`,
      at,
      hint: "Return outputs and metrics of steps, such as `fitted.model`, or the use of a step as a whole",
    });
  }
  if (state.is === "given") return { is: "given", source: state.source };
  if (state.owner !== scope.graph) refuseForeignResult(describeState(state), at);
  if (state.is === "parameter") return { is: "parameter", name: state.name };
  if (!state.step.isThere) return undefined;
  return state.is === "output"
    ? { is: "output", step: state.step.name, output: state.port }
    : { is: "metric", step: state.step.name, metric: state.port };
}

function refuseForeignResult(what: string, at: Place): never {
  return refuse({
    code: "REFERENCE_FOREIGN",
    message: `Cannot return \`${what}\` as it belongs to another pipeline`,
    at,
    hint: "Use the other pipeline as a step, and return what it returns",
  });
}

/** Wires the steps of a pipeline into the one under way, under its name: `cv/train`. */
function usePipeline(
  template: Template,
  givenName: unknown,
  wires: unknown,
  order: unknown,
  called: (...given: never[]) => unknown,
): unknown {
  const site = callSiteOf(called);
  const outer = currentScope(`pipeline \`${template.name}\``, site);
  const local = claimName(outer, givenName, template, site);
  const name = `${outer.path}${local}`;
  const binder: Binder = { scope: outer, name, place: () => site.place };
  const known = Object.keys(template.parameters);
  const given = checkGiven(binder, wires, (key) => known.includes(key), () => known);
  const scope: Scope = {
    ...outer,
    path: `${name}/`,
    familyPath: `${familyOf(outer, local) ?? name}/`,
    items: [],
    after: [...new Set([...outer.after, ...bindAfter(binder, order)])],
    names: new Map(),
  };
  const refs: Record<string, unknown> = {};
  for (const [parameter, spec] of Object.entries(template.parameters)) {
    const argument = bindOrOpen(binder, parameter, spec, given[parameter]);
    const shown = argument.is === "parameter" ? argument.name : `${name}.${parameter}`;
    refs[parameter] = makeRef({ is: "parameter", owner: outer.graph, name: shown, spec, argument });
  }
  const before = outer.graph.steps.length;
  const at = inside(site.place, `pipeline "${name}"`);
  const returned = wireIn(scope, template, refs, at);
  return makeUse({
    owner: outer.graph,
    name,
    steps: outer.graph.steps.slice(before).map((use) => use.name),
    isPipeline: true,
    conditions: outer.conditions,
    isThere: outer.isThere,
  }, returned);
}

/** A parameter that is given nothing can be set as `cv.alpha`. */
function bindOrOpen(binder: Binder, parameter: string, spec: ParameterSpec, given: unknown): Argument {
  if (given !== undefined) return bindParameter(binder, parameter, spec, given);
  if (spec.default === undefined) return refuseMissing(binder, parameter);
  const name = `${binder.name}.${parameter}`;
  if (binder.scope.isThere) binder.scope.graph.parameters.set(name, spec);
  return { is: "parameter", name };
}
