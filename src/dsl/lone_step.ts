/** One step as a pipeline of its own, with files for its inputs: what a test of it runs. */
import { refuse } from "../core/error.ts";
import type { InputSpec } from "../core/kind.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import type { SandboxMode } from "../core/sandbox_tier.ts";
import { callSiteOf } from "./call_site.ts";
import type { Kind, Many } from "./kinds.ts";
import { makeRef } from "./reference.ts";
import type { Defaulted, Given, Shape, Value } from "./shape.ts";
import { stepDefinitionOf } from "./step.ts";
import type { Inputs, OptionalNames } from "./step_types.ts";
import { useStep } from "./use_step.ts";
import { inScope, openGraph } from "./wiring.ts";

/** A path for each input, a list of them for `many`; one that is `optional` may be left out. */
export type InputPaths<I extends Inputs> =
  & {
    readonly [N in Exclude<keyof I, OptionalNames<I>>]: I[N] extends Many<Kind> ? readonly string[] : string;
  }
  & { readonly [N in OptionalNames<I>]?: string };
/** A value for each parameter; those with a default may be left out. */
export type ParameterValues<P extends Shape> =
  & { readonly [N in Exclude<keyof P, Defaulted<P>>]: Value<P[N]> }
  & { readonly [N in Defaulted<P>]?: Value<P[N]> };
/** A member that may be left out when all in it may. */
export type Part<Name extends string, A> = Record<never, never> extends A ? { readonly [N in Name]?: A }
  : { readonly [N in Name]: A };
/** How one step is run. */
export interface FixtureOptions {
  /** `auto` by default: bubblewrap, else Landlock, else the run is refused. */
  readonly sandbox?: SandboxMode;
  /** Whether a result that was kept may stand for a run. False by default. */
  readonly useCache?: boolean;
  /** Abort it to stop the step. */
  readonly signal?: AbortSignal;
}
/** What a step is run on: values of its parameters, and paths of its inputs from the folder of the calling file. */
export type Fixture<P extends Shape, I extends Inputs> =
  & Part<"params", Given<ParameterValues<P>>>
  & Part<"inputs", Given<InputPaths<I>>>
  & FixtureOptions;
/** What `runStep` takes after the step: nothing, when it needs nothing. */
export type Fixtures<P extends Shape, I extends Inputs> = Record<never, never> extends Fixture<P, I>
  ? [fixture?: Fixture<P, I>]
  : [fixture: Fixture<P, I>];

/** A fixture once its types are erased. */
export interface AnyFixture extends FixtureOptions {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/**
 * The pipeline; its step has the name of the step. Paths are relative to the file that called `called`.
 *
 * It belongs to the step's own module, whose lock and sources count. Fails as a use of the step in a pipeline does.
 */
export function loneStep(
  step: unknown,
  { params = {}, inputs = {} }: AnyFixture,
  called: (...given: never[]) => unknown,
): PipelineDefinition {
  const site = callSiteOf(called);
  const definition = stepDefinitionOf(step) ?? refuse({
    code: "WIRE_INVALID",
    message: "Cannot run this by itself as it is no step",
    at: site.place,
    hint: "Pass what `step(…)` returns",
  });
  const folder = new URL(".", site.module).href;
  const wires: Record<string, unknown> = { ...params };
  for (const [name, given] of Object.entries(inputs)) {
    const spec = definition.inputs[name];
    wires[name] = spec === undefined ? given : referTo(spec, given, folder);
  }
  const scope = openGraph(definition.name);
  inScope(scope, () => useStep(definition, undefined, wires, undefined, called));
  return {
    name: definition.name,
    module: definition.module,
    place: site.place,
    parameters: Object.fromEntries(scope.graph.parameters),
    steps: scope.graph.steps,
    results: {},
  };
}

/** What is no path stays as it is, for `useStep` to refuse. */
function referTo({ kind }: InputSpec, given: unknown, folder: string): unknown {
  if (Array.isArray(given)) return given.map((item) => referTo({ kind, takes: "one" }, item, folder));
  if (typeof given !== "string" || given === "" || given.includes("\0")) return given;
  return makeRef({ is: "given", source: { is: "file", path: given, folder, kind } });
}
