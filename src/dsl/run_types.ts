/** Running a pipeline from a module, as types: what it takes and what comes back. */
import type { StepReport } from "../core/event.ts";
import type { RunOptions } from "../core/run.ts";
import type { Kind } from "./kinds.ts";
import type { Maybe, Metric, Ref, Use } from "./reference.ts";
import type { Defaulted, None, Shape, Value, Values } from "./shape.ts";

/** Parameters of steps that the pipeline leaves open: `"train.seed": 3`. */
export type StepParameters = { readonly [name: `${string}.${string}`]: string | number | boolean };
/** A value for each parameter of a pipeline, those with a default left out at will, and parameters of its steps. */
export type RunParameters<P extends Shape> =
  & { readonly [N in Exclude<keyof P, Defaulted<P>>]: Value<P[N]> }
  & { readonly [N in Defaulted<P>]?: Value<P[N]> }
  & StepParameters;
/** What `run` takes for `main`: parameters may be left out when each has a default. */
export type MainGiven<P extends Shape> = Record<never, never> extends RunParameters<P>
  ? [parameters?: RunParameters<P>, options?: RunOptions]
  : [parameters: RunParameters<P>, options?: RunOptions];
/** What `run` takes for one step: its own parameters by their short names, and those of the pipeline. */
export type EntryParameters<P extends Shape, U> =
  & (U extends Use<infer A> ? Partial<A> : None)
  & Partial<Values<P>>
  & StepParameters;

/** What `run` takes after the name of an entry point. */
export type EntryGiven<P extends Shape, R, N> = N extends "main" ? MainGiven<P>
  : N extends EntryNames<R> ? [parameters?: EntryParameters<P, R[N]>, options?: RunOptions]
  : [parameters?: Readonly<Record<string, string | number | boolean>>, options?: RunOptions];
/** What `run` gives for an entry point. */
export type RunOf<P extends Shape, R, N> = N extends "main" ? MainRun<P, R>
  : N extends EntryNames<R> ? EntryRun<R[N]>
  : AnyRun;

/** Names of the steps that are returned as a whole. */
export type EntryNames<R> = {
  [N in keyof R & string]: R[N] extends Use<infer A> ? (unknown extends A ? never : N) : never;
}[keyof R & string];

/** Values of the metrics among results. */
export type MetricValues<R> = {
  readonly [N in keyof R & string as MetricValue<R[N]> extends never ? never : N]: MetricValue<R[N]>;
};
/** Absolute paths of the outputs among results. */
export type OutputPaths<R> = {
  readonly [N in keyof R & string as OutputPath<R[N]> extends never ? never : N]: OutputPath<R[N]>;
};
/** A number; one that may be missing, several, or those of a use. */
export type MetricValue<V> = V extends Metric ? number
  : V extends Maybe<number> ? number | undefined
  : V extends Use ? MetricValues<V>
  : V extends readonly (infer E)[] ? ([MetricValue<E>] extends [never] ? never : readonly MetricValue<E>[])
  : never;
/** A path; one that may be missing, several, or those of a use. */
export type OutputPath<V> = V extends Ref<Kind> ? string
  : V extends Maybe<Kind> ? string | undefined
  : V extends Use ? OutputPaths<V>
  : V extends readonly (infer E)[] ? ([OutputPath<E>] extends [never] ? never : readonly OutputPath<E>[])
  : never;

/** A finished run. */
export interface Run<P, M, O> {
  /** 32 hex digits, as the tracker knows it. */
  readonly runId: string;
  /** As the tracker knows it. */
  readonly experimentId: string;
  /** Every parameter that was in effect. */
  readonly params: P;
  /** The last value of each metric. */
  readonly metrics: M;
  /** Absolute paths. */
  readonly outputs: O;
  /** Every step that ran or was restored, by name. */
  readonly steps: Readonly<Record<string, StepReport>>;
}
/** A run of `main`: what the pipeline returned. */
export type MainRun<P extends Shape, R> = Run<
  Values<P> & StepParameters,
  MetricValues<R>,
  OutputPaths<R>
>;
/** A run of one step that the pipeline returned: its own results. */
export type EntryRun<U> = Run<U extends Use<infer A> ? A : never, MetricValues<U>, OutputPaths<U>>;
/** A run of a step that the pipeline does not return: its results, by names that TypeScript does not know. */
export type AnyRun = Run<
  Readonly<Record<string, string | number | boolean>>,
  Readonly<Record<string, number>>,
  Readonly<Record<string, string>>
>;
