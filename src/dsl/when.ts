/** Optional parts of a pipeline: steps that are left out when a boolean parameter is false. */
import { refuse } from "../core/error.ts";
import { type CallSite, callSiteOf } from "./call_site.ts";
import { type Maybe, type Ref, type RefState, stateOfRef, type Use } from "./reference.ts";
import { currentScope, inScope, type Scope } from "./wiring.ts";

/** The same results, each reference absent when the condition is false. */
export type Maybes<R> = R extends Ref<infer T> ? Maybe<T>
  : R extends readonly (infer E)[] ? readonly Maybes<E>[]
  : R extends object ? { readonly [N in keyof R]: N extends keyof Use ? R[N] : Maybes<R[N]> }
  : R;

/**
 * Uses what `make` uses only when a boolean parameter is true.
 *
 * References come back as `Maybe`, which fits an `optional` input; within `make` they are references like others.
 * One `when` within another adds to its condition. A plain `if` cannot do this: a reference is never false.
 * Fails with WIRE_INVALID for any other condition, REFERENCE_FOREIGN for a parameter of another pipeline, and
 * STEP_OUTSIDE_PIPELINE.
 *
 * ```ts
 * const drawn = when(plots, () => plot({ report: scored.report }));
 * ```
 */
export function when<R>(condition: Ref<boolean>, make: () => R): Maybes<R> {
  const site = callSiteOf(when);
  const scope = currentScope("`when`", site);
  return inScope(narrow(scope, condition, site), make) as Maybes<R>;
}

function narrow(scope: Scope, condition: unknown, site: CallSite): Scope {
  const state = stateOfRef(condition);
  if (state?.is !== "parameter" || state.spec.type !== "boolean") return refuseCondition(site);
  checkOwner(state, scope, site);
  const { argument } = state;
  if (argument.is === "value") return argument.value === true ? scope : { ...scope, isThere: false };
  if (argument.is === "metric") return refuseCondition(site);
  if (scope.conditions.includes(argument.name)) return scope;
  return { ...scope, conditions: [...scope.conditions, argument.name] };
}

function checkOwner(state: Extract<RefState, { is: "parameter" }>, scope: Scope, site: CallSite) {
  if (state.owner === scope.graph) return;
  refuse({
    code: "REFERENCE_FOREIGN",
    message:
      `Cannot use \`${state.name}\` in pipeline "${scope.graph.name}" as it belongs to another pipeline`,
    at: site.place,
    hint: "Declare a boolean parameter of this pipeline",
  });
}

function refuseCondition(site: CallSite): never {
  return refuse({
    code: "WIRE_INVALID",
    message: "Cannot decide on this in `when` as it takes a boolean parameter of the pipeline",
    at: site.place,
    hint: "Such as `when(plots, () => plot({…}))` with `params: { plots: boolean().default(false) }`",
  });
}
