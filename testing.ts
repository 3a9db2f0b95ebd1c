/**
 * Testing the steps of a pipeline: one at a time, on small files, in their sandbox.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { runStep } from "sluice/testing";
 * import { train } from "./pipeline.ts";
 *
 * Deno.test("a model is better than a guess", async () => {
 *   await using made = await runStep(train, { params: { alpha: 0.1 }, inputs: { data: "fixtures/wine.csv" } });
 *   assert.ok(made.metrics.rmse < 0.8);
 *   assert.match(await Deno.readTextFile(`${made.outputs.model}/MLmodel`), /sklearn/);
 * });
 * ```
 *
 * @module
 */

export { runStep } from "./src/compose/run_step.ts";
export type { LoggedMetric, StepLogged, StepMade } from "./src/compose/run_step.ts";
// What is wrong is thrown as one of these.
export { codes, SluiceError } from "./src/dsl/core_words.ts";
export type { Code, Failure, Place, SandboxMode, SandboxTier } from "./src/dsl/core_words.ts";
// Types that the ones above are made of.
export type {
  Fixture,
  FixtureOptions,
  Fixtures,
  InputPaths,
  ParameterValues,
  Part,
} from "./src/dsl/lone_step.ts";
export type { Dataset, File, InputKind, Kind, Many, Model, Optional } from "./src/dsl/kinds.ts";
export type { Maybe, Metric, Ref, Source, Use } from "./src/dsl/reference.ts";
export type {
  Argument,
  Arguments,
  Defaulted,
  Given,
  None,
  Nothing,
  Schema,
  Shape,
  Value,
  Values,
} from "./src/dsl/shape.ts";
export type {
  Inputs,
  Metrics,
  OptionalNames,
  Order,
  Outputs,
  Results,
  Step,
  Wire,
  Wires,
} from "./src/dsl/step_types.ts";
