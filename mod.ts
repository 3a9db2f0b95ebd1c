/**
 * sluice: typed machine-learning pipelines.
 *
 * @module
 */
export { boolean, choice, float, int, path, string, uri } from "./src/dsl/parameters.ts";
export {
  type Dataset,
  dataset,
  type File,
  file,
  many,
  type Model,
  model,
  optional,
} from "./src/dsl/kinds.ts";
export type { Maybe, Metric, Ref, Use } from "./src/dsl/reference.ts";
export { deno, type Environment, host, python } from "./src/dsl/environments.ts";
export { type Command, flag, type Hole, sh } from "./src/dsl/command.ts";
export { step } from "./src/dsl/step.ts";
export { each } from "./src/dsl/each.ts";
export { given } from "./src/dsl/given.ts";
export { when } from "./src/dsl/when.ts";
export type { Pipeline } from "./src/dsl/pipeline_types.ts";
export { pipeline } from "./src/compose/pipeline.ts";
export { main } from "./src/compose/main.ts";
