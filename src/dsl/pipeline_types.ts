/** Pipelines as types: what one declares, where it is used and where it is run. */
import type { Ref, Use } from "./reference.ts";
import type { AnyResults } from "./results.ts";
import type { EntryGiven, EntryNames, MainGiven, MainRun, RunOf } from "./run_types.ts";
import type { Arguments, Given, None, Shape, Value } from "./shape.ts";
import type { Order } from "./step_types.ts";

/** A reference to each parameter of a pipeline. */
export type ParameterRefs<P extends Shape> = { readonly [N in keyof P]: Ref<Value<P[N]>> };
/** What a pipeline declares. */
export interface PipelineSpec<P extends Shape> {
  /** One sentence for help and pages. */
  readonly description?: string;
  /** Parameters by name: `float()`, `int()`, … or zod schemas like them. */
  readonly params?: P;
}
/**
 * A pipeline. Calling it while another is wired uses it there, its steps under its name: `cv/train`; `run` runs it.
 */
export interface Pipeline<P extends Shape, R extends AnyResults> {
  (given: Given<Arguments<P>>, order?: Order): Use & R;
  /** A further use in the same pipeline, under a name of its own. */
  as(name: string, given: Given<Arguments<P>>, order?: Order): Use & R;
  /** The schemas of its parameters. */
  readonly params: P;

  /**
   * Runs what the pipeline returns and all it needs; fails with a `SluiceError` when a step does.
   *
   * A whole use that is returned has its metrics and outputs under its name: `run.metrics.evaluate.rmse`.
   */
  run(...given: MainGiven<P>): Promise<MainRun<P, R>>;
  /**
   * Runs one entry point and all it needs: `main`, or any step by the name of its use.
   *
   * Of a step that is returned as a whole, TypeScript knows the parameters, metrics and outputs.
   */
  run<N extends EntryNames<R> | "main" | (string & None)>(
    entryPoint: N,
    ...given: EntryGiven<P, R, N>
  ): Promise<RunOf<P, R, N>>;
}
/** The function `pipeline`. */
export type DefinePipeline = <P extends Shape = None, R extends AnyResults = None>(
  name: string,
  spec: PipelineSpec<P>,
  wire: (params: ParameterRefs<P>) => R | void,
) => Pipeline<P, R>;
