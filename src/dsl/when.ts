/** `when`: steps that are there only when a parameter is true. */
import { refuse } from "../core/error.ts";
import { callSiteOf } from "./call_site.ts";
import { type Maybe, type Ref, stateOfRef } from "./reference.ts";
import { currentScope, inScope, type Scope } from "./wiring.ts";

/** Each reference of a use, which may now be absent. */
export type Maybes<R> = { readonly [N in keyof R]: R[N] extends Ref<infer T> ? Maybe<T> : R[N] };

/**
 * Uses steps that run only when the boolean parameter is true. What they make fits `optional` inputs.
 *
 * ```ts
 * const drawn = when(plots, () => plot({ report: scored.report }));
 * ```
 * Fails with WIRE_INVALID when `condition` is no boolean parameter.
 */
export function when<R>(condition: Ref<boolean>, make: () => R): Maybes<R> {
  const site = callSiteOf(when);
  const scope = currentScope("`when`", site);
  const state = stateOfRef(condition);
  if (state?.is !== "parameter" || state.spec.type !== "boolean" || state.owner !== scope.graph) {
    return refuse({
      code: "WIRE_INVALID",
      message: "Cannot decide on this as `when` takes a boolean parameter of the pipeline",
      at: site.place,
      hint: "Declare `params: { plots: boolean().default(false) }` and pass the reference to it",
    });
  }
  return inScope(narrowed(scope, state.argument), make) as Maybes<R>;
}

function narrowed(
  scope: Scope,
  argument: { readonly is: string; readonly name?: string; readonly value?: unknown },
): Scope {
  if (argument.is === "value") return { ...scope, isThere: scope.isThere && argument.value === true };
  return { ...scope, conditions: [...new Set([...scope.conditions, argument.name!])] };
}
