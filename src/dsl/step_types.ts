/** Steps as types: what a step declares, what a use of it must supply, and what it gives. */
import type { Command, Hole } from "./command.ts";
import type { Environment } from "./environments.ts";
import type { InputKind, Kind, Many, Optional } from "./kinds.ts";
import type { Maybe, Metric, Ref, Use } from "./reference.ts";
import type { Arguments, Given, Shape, Value, Values } from "./shape.ts";
import type { StepLog } from "./step_log.ts";

/** Inputs by name. */
export type Inputs = Readonly<Record<string, InputKind>>;
/** Outputs by name. */
export type Outputs = Readonly<Record<string, Kind>>;

/** What one input is wired to. */
export type Wire<K> = K extends Many<infer E> ? readonly Ref<E>[]
  : K extends Optional<infer E> ? Ref<E> | Maybe<E> | undefined
  : Ref<K>;
/** Names of the inputs that may be absent. */
export type OptionalNames<I> = { [N in keyof I]: I[N] extends Optional<Kind> ? N : never }[keyof I];
/** What a use must supply: a reference for each input, a value or a reference for each parameter. */
export type Wires<P extends Shape, I extends Inputs> =
  & { readonly [N in Exclude<keyof I, OptionalNames<I>>]: Wire<I[N]> }
  & { readonly [N in OptionalNames<I>]?: Wire<I[N]> }
  & Arguments<P>;

/** The holes of parameters in a command. */
export type Holes<P extends Shape> = { readonly [N in keyof P]: Hole<Value<P[N]>> };
/** The holes of inputs and outputs in a command. */
export type Places<I> = {
  readonly [N in keyof I]: I[N] extends Many<Kind> ? readonly Hole<string>[] : Hole<string>;
};
/** The absolute paths of inputs and outputs in a function. */
export type Paths<I> = {
  readonly [N in keyof I]: I[N] extends Many<Kind> ? readonly string[]
    : I[N] extends Optional<Kind> ? string | undefined
    : string;
};
/** Each promised metric. */
export type Metrics<M extends string> = { readonly [N in M]: number };
/** What a function returns: its metrics, or nothing when it promises none; at once or as a promise. */
export type Returned<M extends string> = [M] extends [never] ? void | Promise<void>
  : Metrics<M> | Promise<Metrics<M>>;

/** A length of time, such as `"30s"`, `"10m"`, `"2h"` or `"500ms"`. */
export type Duration = `${number}${"ms" | "s" | "m" | "h"}`;
/** An amount of memory, such as `"512MB"` or `"2GB"`; a MB is 1,000,000 bytes. */
export type Memory = `${number}${"MB" | "GB" | "TB"}`;

/** What a step may reach and use besides what it declares as inputs and outputs: nothing by default. */
export interface StepPermissions {
  /** All of the network, or named hosts: `["api.example.com", "localhost:8080"]`. */
  readonly net?: boolean | readonly string[];
  /** Further files and folders to read, relative to the module. */
  readonly read?: readonly string[];
  /** Further files and folders to write, relative to the module. */
  readonly write?: readonly string[];
  /** Names of environment variables to pass on. */
  readonly env?: readonly string[];
  /** Graphics processors. */
  readonly gpu?: boolean;
}
/** What every step may declare. */
export interface StepHead<P, I, O, M> {
  /** One sentence for help and pages. */
  readonly description?: string;
  /** Parameters by name: `float()`, `int()`, … or zod schemas like them. */
  readonly params?: P;
  /** Inputs by name: `dataset(…)`, `model(…)`, `file()`, or `many` or `optional` of one. */
  readonly inputs?: I;
  /** Outputs by name: `dataset(…)`, `model(…)` or `file()`. */
  readonly outputs?: O;
  /** Names of numbers it logs. */
  readonly metrics?: readonly M[];
  /** What it may reach and use besides: nothing by default. Paths are relative to the module. */
  readonly permissions?: StepPermissions;
  /** Further attempts after the first fails; 0 by default. */
  readonly retries?: number;
  /** The most that one attempt may take. */
  readonly timeout?: Duration;
  /** Processor cores it is counted with; 1 by default. */
  readonly cores?: number;
  /** Memory it is counted with; it is ended when it takes more. */
  readonly memory?: Memory;
  /** The most that one attempt may take of the processors, over all its processes. */
  readonly cpuTime?: Duration;
  /** `"full"`: run in bubblewrap or not at all. By default in Landlock where there is no bubblewrap. */
  readonly sandbox?: "full";
  /**
   * Whether its results are kept, and taken again while nothing that it sees has changed. True by default, but for
   * steps that use the host's programs or may write elsewhere.
   */
  readonly cache?: boolean;
  /** Files and folders beside the module that it needs; by default the module's folder, less what is ignored. */
  readonly sources?: readonly string[];
}
/** A step that runs a command, in any language. Its holes stay holes, so it also prints as an MLproject command. */
export interface CommandStep<P extends Shape, I extends Inputs, O extends Outputs, M extends string>
  extends StepHead<P, I, O, M> {
  /** What its programs and packages come from. */
  readonly env: Environment;
  /** Writes the command, once, when the step is defined. */
  readonly command: (at: {
    readonly params: Holes<P>;
    readonly inputs: Places<I>;
    readonly outputs: Places<O>;
  }) => Command;
  /** A step runs a command or a function. */
  readonly run?: never;
}
/** A step that runs a TypeScript function, in its own least-privilege process, with real values. */
export interface FunctionStep<P extends Shape, I extends Inputs, O extends Outputs, M extends string>
  extends StepHead<P, I, O, M> {
  /** Its programs are on the function's PATH; `deno()` by default. */
  readonly env?: Environment;
  /** Gets values, and absolute paths to read inputs from and write outputs to. Returns its metrics. */
  readonly run: (at: {
    readonly params: Values<P>;
    readonly inputs: Paths<I>;
    readonly outputs: Paths<O>;
    readonly log: StepLog;
  }) => Returned<NoInfer<M>>;
  /** A step runs a command or a function. */
  readonly command?: never;
}

/** What a use of a step gives: a reference for each output and metric. */
export type Results<P extends Shape, O, M extends string> =
  & Use<Values<P>>
  & { readonly [N in keyof O]: Ref<O[N]> }
  & { readonly [N in M]: Metric };
/** Order without data. */
export interface Order {
  /** Uses to finish first. */
  readonly after?: readonly Use[];
}
/** A step. Calling it while a pipeline is wired uses it there. */
export interface Step<P extends Shape, I extends Inputs, O extends Outputs, M extends string> {
  (wires: Given<Wires<P, I>>, order?: Order): Results<P, O, M>;
  /** A further use of the same step, under a name of its own. */
  as(name: string, wires: Given<Wires<P, I>>, order?: Order): Results<P, O, M>;
  /** The schemas of its parameters, for a pipeline that passes one on: `params: { alpha: train.params.alpha }`. */
  readonly params: P;
}
