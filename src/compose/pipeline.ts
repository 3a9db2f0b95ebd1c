/** The function `pipeline` of the public API: its pipelines run through `start_run.ts`, loaded when one is run. */
import { pipelineWith } from "../dsl/pipeline.ts";
import type { DefinePipeline } from "../dsl/pipeline_types.ts";

/**
 * Defines a pipeline: its parameters, and a function that wires steps to each other and returns what is wanted.
 *
 * The function runs now, once, and not when the pipeline runs; it gets a reference for each parameter. Every step it
 * calls belongs to the pipeline and is an entry point; `main` runs what it returns and all that needs, or everything
 * when it returns nothing. What it wires wrongly is refused here, with a code, a place and a hint.
 *
 * ```ts
 * export default pipeline("iris", { params: { alpha: train.params.alpha } }, ({ alpha }) => {
 *   const split = preprocess({ raw: given.file("data/iris.csv", Iris) });
 *   const fitted = train({ data: split.train, alpha });
 *   return { train: fitted, evaluate: evaluate({ model: fitted.model, data: split.test }) };
 * });
 * ```
 */
export const pipeline: DefinePipeline = pipelineWith(async (definition, request, options) => {
  const { startRun } = await import("./start_run.ts");
  return await startRun(definition, request, options);
});
