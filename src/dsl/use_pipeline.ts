/** Using a pipeline: its `wire` function runs in the graph under way, its steps under the name of its use. */
import { refuse } from "../core/error.ts";
import { neededSteps } from "../core/entry_point.ts";
import type { ParameterSpec } from "../core/parameter.ts";
import type { Argument, StepUse } from "../core/pipeline.ts";
import type { Place } from "../core/place.ts";
import { bindAfter, type Binder, bindParameter, checkGiven, refuseMissing } from "./bind.ts";
import { callSiteOf } from "./call_site.ts";
import { makeRef, makeUse, type Ref } from "./reference.ts";
import { checkResults } from "./results.ts";
import { claimName, currentScope, familyOf, inScope, type Scope } from "./wiring.ts";

/** What of a pipeline its uses need. */
export interface InnerPipeline {
  readonly name: string;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  readonly wire: (params: never) => unknown;
  readonly place: Place;
}

type ParameterRefs = Readonly<Record<string, Ref<unknown>>>;

/** `called` is the function the user called. Fails as `bind.ts`, `claimName` and `wireIn` do. */
export function usePipeline(
  inner: InnerPipeline,
  givenName: unknown,
  given: unknown,
  order: unknown,
  called: (...given: never[]) => unknown,
): unknown {
  const site = callSiteOf(called);
  const outer = currentScope(`pipeline \`${inner.name}\``, site);
  const local = claimName(outer, givenName, inner, site);
  const name = `${outer.path}${local}`;
  const binder: Binder = { scope: outer, name, place: () => site.place };
  const names = () => Object.keys(inner.parameters);
  const wires = checkGiven(binder, given, (key) => key in inner.parameters, names);
  const scope: Scope = {
    ...outer,
    path: `${name}/`,
    familyPath: `${familyOf(outer, local) ?? name}/`,
    items: [],
    after: [...new Set([...outer.after, ...bindAfter(binder, order)])],
    names: new Map(),
  };
  const params = bindParameters(binder, inner, wires);
  const before = outer.graph.steps.length;
  const results = inScope(scope, () => wireIn(scope, inner, params));
  return makeUse({
    owner: outer.graph,
    name,
    steps: lastSteps(outer.graph.steps.slice(before)),
    isPipeline: true,
    conditions: outer.conditions,
    isThere: outer.isThere,
  }, results);
}

/** Wires `inner` in `scope` and checks what it returns. Fails with WIRE_ASYNC, and as `checkResults` does. */
export function wireIn(
  scope: Scope,
  inner: InnerPipeline,
  params: ParameterRefs,
): Readonly<Record<string, unknown>> {
  if (inner.wire.constructor.name === "AsyncFunction") return refuseAsync(inner);
  const returned = inner.wire(params as never);
  if (isPromise(returned)) {
    returned.then(undefined, () => {});
    return refuseAsync(inner);
  }
  return checkResults(scope, returned, inner.place);
}

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";

function refuseAsync(inner: InnerPipeline): never {
  return refuse({
    code: "WIRE_ASYNC",
    message: `Cannot wire pipeline "${inner.name}" with an async function as wiring is synchronous`,
    at: inner.place,
    hint: "Await what is needed before `pipeline(…)`, or do the work in the `run` function of a step",
  });
}

/** The parameters of an outermost pipeline, each to be set by its own name. */
export function openParameters(scope: Scope, inner: InnerPipeline): ParameterRefs {
  return refsOf(scope, inner, (name, spec) => {
    scope.graph.parameters.set(name, spec);
    return { argument: { is: "parameter", name }, spec, shown: name };
  });
}

/** The parameters of a pipeline within another: as given, else to be set as `cv.alpha`. */
function bindParameters(
  binder: Binder,
  inner: InnerPipeline,
  wires: Readonly<Record<string, unknown>>,
): ParameterRefs {
  const { graph, isThere } = binder.scope;
  return refsOf(binder.scope, inner, (name, spec) => {
    const full = `${binder.name}.${name}`;
    if (wires[name] !== undefined) {
      const argument = bindParameter(binder, name, spec, wires[name]);
      const bound = argument.is === "parameter" ? graph.parameters.get(argument.name) : undefined;
      return { argument, spec: bound ?? spec, shown: full };
    }
    if (spec.default === undefined) return refuseMissing(binder, name);
    if (isThere) graph.parameters.set(full, spec);
    return { argument: { is: "parameter", name: full }, spec, shown: full };
  });
}

function refsOf(
  scope: Scope,
  inner: InnerPipeline,
  bind: (name: string, spec: ParameterSpec) => {
    readonly argument: Argument;
    readonly spec: ParameterSpec;
    readonly shown: string;
  },
): ParameterRefs {
  const refs: Record<string, Ref<unknown>> = {};
  for (const [name, spec] of Object.entries(inner.parameters)) {
    const { argument, spec: bound, shown } = bind(name, spec);
    refs[name] = makeRef({ is: "parameter", owner: scope.graph, name: shown, spec: bound, argument });
  }
  return refs;
}

/** The steps that all of `steps` lead to: when they have finished, all have. */
function lastSteps(steps: readonly StepUse[]): readonly string[] {
  const byName = new Map(steps.map((use) => [use.name, use]));
  const needed = new Set<string>();
  for (const use of steps) {
    for (const name of neededSteps(use)) {
      // One that may be left out does not stand for what it needs.
      const conditions = byName.get(name)?.conditions;
      if (conditions !== undefined && use.conditions.every((each) => conditions.includes(each))) {
        needed.add(name);
      }
    }
  }
  return steps.map((use) => use.name).filter((name) => !needed.has(name));
}
