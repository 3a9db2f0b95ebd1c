/** Pipelines as types: what one takes and returns, where it is used and where it is run. */
import type { StepReport } from "../core/event.ts";
import type { RunOptions } from "../core/run.ts";
import type { Kind } from "./kinds.ts";
import type { Maybe, Metric, Ref, Use } from "./reference.ts";
import type { Arguments, Shape, Values } from "./shape.ts";
import type { Order } from "./step_types.ts";

/** What a pipeline may return under one name. */
export type Returnable = Ref<unknown> | Maybe<unknown> | Use | readonly Returnable[];
/** What a pipeline returns, by name. */
export type Returns = Readonly<Record<string, Returnable>>;

/** What `pipeline` is told besides its name and its wiring. */
export interface PipelineSpec<P> {
  readonly description?: string;
  /** Parameters by name; those of a step are passed on as `{ alpha: train.params.alpha }`. */
  readonly params?: P;
}

/** The reference to each parameter, for the wiring. */
export type ParameterRefs<P extends Shape> = { readonly [N in keyof P]: Ref<Values<P>[N]> };

/** A pipeline. To other pipelines it is a step; to a program it is something to run. */
export interface Pipeline<P extends Shape, R extends Returns> {
  (given: Arguments<P>, order?: Order): Use<Values<P>> & R;
  /** A further use of the same pipeline, under a name of its own. */
  as(name: string, given: Arguments<P>, order?: Order): Use<Values<P>> & R;
  readonly params: P;
  /** Runs what it returns, and all that needs. Throws a `SluiceError` when the run does not finish. */
  run(given?: RunArguments<P>, options?: RunOptions): Promise<MainRun<P, R>>;
  run(entryPoint: "main", given?: RunArguments<P>, options?: RunOptions): Promise<MainRun<P, R>>;
  /** Runs a step that it returns as a whole, and all that needs. */
  run<E extends UseNames<R>>(
    entryPoint: E,
    given?: Partial<ParametersOf<R[E]>> & RunArguments<P>,
    options?: RunOptions,
  ): Promise<StepRun<R[E]>>;
  /** Runs any step by its name; TypeScript does not know what such a step makes. */
  run(
    entryPoint: string,
    given?: Readonly<Record<string, string | number | boolean>>,
    options?: RunOptions,
  ): Promise<NamedRun>;
}

/** Values for parameters; `"step.parameter"` sets one that a step leaves open. */
export type RunArguments<P extends Shape> =
  & { readonly [N in keyof P]?: Values<P>[N] }
  & { readonly [N in `${string}.${string}`]?: string | number | boolean };

/** Names under which a pipeline returns the whole use of a step. */
export type UseNames<R extends Returns> = { [N in keyof R]: R[N] extends Use ? N : never }[keyof R] & string;
type ParametersOf<U> = U extends Use<infer A> ? A : never;

type PathOf<T> = T extends readonly (infer E)[] ? readonly PathOf<E>[]
  : T extends Ref<Kind> ? string
  : T extends Maybe<Kind> ? string | undefined
  : T extends Use ? PortPaths<T>
  : never;
type OutputNames<R> = {
  [N in keyof R]: R[N] extends Ref<Kind> | Maybe<Kind> | Use | readonly Returnable[] ? N : never;
}[keyof R];
type MetricNames<R> = {
  [N in keyof R]: R[N] extends Metric | Maybe<number> ? N : never;
}[keyof R];
type PortPaths<U> = {
  readonly [N in keyof U & string as U[N] extends Ref<Kind> | Maybe<Kind> ? N : never]: PathOf<U[N]>;
};
type NumberOf<T> = T extends Metric ? number : number | undefined;

interface AnyRun {
  /** 32 hex digits, as the tracker knows it. */
  readonly runId: string;
  readonly experimentId: string;
  /** Each step that ran, by name. */
  readonly steps: Readonly<Record<string, StepReport>>;
}
/** A finished run of a whole pipeline: paths of its outputs are absolute. */
export interface MainRun<P extends Shape, R extends Returns> extends AnyRun {
  readonly params: Values<P>;
  readonly metrics: { readonly [N in MetricNames<R>]: NumberOf<R[N]> };
  readonly outputs: { readonly [N in OutputNames<R>]: PathOf<R[N]> };
}
/** A finished run of one step. */
export interface StepRun<U> extends AnyRun {
  readonly params: ParametersOf<U>;
  readonly metrics: {
    readonly [N in keyof U & string as U[N] extends Metric | Maybe<number> ? N : never]: number;
  };
  readonly outputs: PortPaths<U>;
}
/** A finished run of a step that was named by text. */
export interface NamedRun extends AnyRun {
  readonly params: Readonly<Record<string, string | number | boolean>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, string>>;
}
