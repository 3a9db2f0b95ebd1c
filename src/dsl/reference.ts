/** References: future values, as types and as what a wire really holds. */
import { refuse } from "../core/error.ts";
import type { KindSpec } from "../core/kind.ts";
import type { ParameterSpec } from "../core/parameter.ts";
import type { Argument, Source as BoundSource } from "../core/pipeline.ts";
import { callSiteOf } from "./call_site.ts";

/** Where the value of a reference comes from. */
export type Source =
  | { readonly from: "parameter"; readonly name: string }
  | { readonly from: "step"; readonly step: string; readonly port: string }
  | { readonly from: "file"; readonly path: string }
  | { readonly from: "registry"; readonly uri: string };

/**
 * The future value of a parameter, an output or a metric.
 *
 * It can be wired to a step, and not be read: pipelines are wired before anything runs. So `if (ref)` is always
 * true (use `when`), and turning one into text or a number is an error.
 */
export interface Ref<T> {
  /** Where it comes from; for reading, not for wiring. */
  readonly source: Source;
  /** In types only. */
  readonly type: T;
}
/** A number that a run will log. It fits wherever a number parameter is wanted. */
export interface Metric extends Ref<number> {
  /** In types only. */
  readonly metric: true;
}
/** A reference that is absent when its `when` is false. It fits an `optional` input. */
export interface Maybe<T> {
  /** Where it comes from; for reading, not for wiring. */
  readonly source: Source;
  /** In types only. */
  readonly maybe: T;
}
/** One use of a step or pipeline: what `after` takes, also of a step with no outputs. `A`: the step's parameters. */
export interface Use<A = unknown> {
  /** In types only. */
  readonly "~use": A;
}
const use = Symbol.for("sluice.use.1");

/** What is wired: a graph under way, which references belong to. Compared by identity. */
export interface Owner {
  readonly name: string;
}

/** What a reference really holds. */
export type RefState =
  | {
    readonly is: "parameter";
    readonly owner: Owner;
    readonly name: string;
    readonly spec: ParameterSpec;
    readonly argument: Argument;
  }
  | {
    readonly is: "output";
    readonly owner: Owner;
    readonly step: UseState;
    readonly port: string;
    readonly kind: KindSpec;
  }
  | { readonly is: "metric"; readonly owner: Owner; readonly step: UseState; readonly port: string }
  | { readonly is: "given"; readonly source: Exclude<BoundSource, { is: "output" }> };

/** What a use really holds. */
export interface UseState {
  readonly owner: Owner;
  /** Its name in the graph. */
  readonly name: string;
  /** Steps that belong to it: itself, those of a pipeline, or none when a `when` is false for good. */
  readonly steps: readonly string[];
  readonly isPipeline: boolean;
  /** Boolean parameters that must be true, or it is left out. */
  readonly conditions: readonly string[];
  /** False when a `when` inside of it is false for good. */
  readonly isThere: boolean;
}

/** A reference, and what `when` makes of one: the same under another type. */
class Reference {
  constructor(readonly state: RefState) {}

  get source(): Source {
    return sourceOf(this.state);
  }

  toString(): never {
    return refuseReading(`the reference to \`${describeState(this.state)}\``, this.toString);
  }
  valueOf(): never {
    return refuseReading(`the reference to \`${describeState(this.state)}\``, this.valueOf);
  }
  toJSON(): never {
    return refuseReading(`the reference to \`${describeState(this.state)}\``, this.toJSON);
  }
  [Symbol.toPrimitive](): never {
    return refuseReading(`the reference to \`${describeState(this.state)}\``, this[Symbol.toPrimitive]);
  }
  [Symbol.for("Deno.customInspect")](): string {
    return `Ref(${describeState(this.state)})`;
  }
}

function sourceOf(state: RefState): Source {
  switch (state.is) {
    case "parameter":
      return { from: "parameter", name: state.name };
    case "output":
    case "metric":
      return { from: "step", step: state.step.name, port: state.port };
    case "given":
      return state.source.is === "file"
        ? { from: "file", path: state.source.path }
        : { from: "registry", uri: state.source.uri };
  }
}

/** A use: its outputs and metrics are its own members. */
class UseResults {
  constructor(state: UseState, results: Readonly<Record<string, unknown>>) {
    Object.assign(this, results);
    Object.defineProperty(this, use, { value: state });
  }
  [Symbol.toPrimitive](): never {
    return refuseReading("the use of a step", this[Symbol.toPrimitive]);
  }
}

/** Fails with REFERENCE_READ, at whoever called `called`. */
export function refuseReading(what: string, called: (...given: never[]) => unknown): never {
  return refuse({
    code: "REFERENCE_READ",
    message: `Cannot turn ${what} into text or a number as its value is not known before the run`,
    at: callSiteOf(called).place,
    hint: "Pass it to a step as it is, or compute with its value in the `run` function of a step",
  });
}

/** As an error says it: `train.model`, `alpha`, `data/wine.csv`. */
export function describeState(state: RefState): string {
  switch (state.is) {
    case "parameter":
      return state.name;
    case "output":
    case "metric":
      return `${state.step.name}.${state.port}`;
    case "given":
      return state.source.is === "file" ? state.source.path : state.source.uri;
  }
}

/** A reference as users hold it: it can be given to a step, and not be read. */
// deno-lint-ignore no-explicit-any -- what a reference refers to is known to the caller's types alone
export const makeRef = (state: RefState): any => new Reference(state);

/** Undefined when `value` is no reference. */
export const stateOfRef = (value: unknown): RefState | undefined =>
  value instanceof Reference ? value.state : undefined;

/** What a used step gives back: its references by name. */
export const makeUse = (state: UseState, results: Readonly<Record<string, unknown>>): unknown =>
  new UseResults(state, results);

/** Undefined when `value` is no use. */
export const stateOfUse = (value: unknown): UseState | undefined =>
  typeof value === "object" && value !== null && use in value ? value[use] as UseState : undefined;
