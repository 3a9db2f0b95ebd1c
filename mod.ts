/**
 * sluice: typed machine-learning pipelines.
 *
 * A module says what runs, with which parameters, in which environment, on what. Importing it runs nothing;
 * `deno run -A pipeline.ts` is its command line, and `pipeline.run(…)` runs it from a program.
 *
 * ```ts
 * import { dataset, file, float, given, int, main, model, pipeline, python, sh, step } from "sluice";
 *
 * const env = python({ version: "3.12", requirements: ["scikit-learn==1.7.2", "pandas==2.3.3"] });
 * const Wine = dataset({ alcohol: float(), quality: int() });
 *
 * const train = step("train", {
 *   env,
 *   params: { alpha: float().min(0).max(1).default(0.5) },
 *   inputs: { data: Wine },
 *   outputs: { model: model("sklearn") },
 *   metrics: ["rmse"],
 *   command: ({ params, inputs, outputs }) =>
 *     sh`python train.py ${inputs.data} ${outputs.model} --alpha ${params.alpha}`,
 * });
 *
 * export default pipeline("wine", { params: { alpha: train.params.alpha } }, ({ alpha }) => {
 *   const fitted = train({ data: given.file("wine.csv", Wine), alpha });
 *   return { train: fitted };
 * });
 * ```
 *
 * @module
 */

// Parameters: one specification is the static type, the command-line option and the check.
export { boolean, choice, float, int, path, string, uri } from "./src/dsl/parameters.ts";
// What flows between steps.
export { dataset, file, many, model, optional } from "./src/dsl/kinds.ts";
export type { Dataset, File, InputKind, Kind, Many, Model, Optional } from "./src/dsl/kinds.ts";
export { given } from "./src/dsl/given.ts";
export type { Maybe, Metric, Ref, Source, Use } from "./src/dsl/reference.ts";
// What a step runs, and in what.
export { conda, deno, docker, host, python } from "./src/dsl/environments.ts";
export type { CondaOptions, DockerOptions, Environment, PythonOptions } from "./src/dsl/environments.ts";
export { flag, sh } from "./src/dsl/command.ts";
export type { Command, CommandPart, Hole } from "./src/dsl/command.ts";
export { step } from "./src/dsl/step.ts";
export type { CommandStep, FunctionStep, Step, StepHead } from "./src/dsl/step_types.ts";
export type { Duration, Memory, StepPermissions } from "./src/dsl/step_types.ts";
export type { StepLog } from "./src/dsl/step_log.ts";
// Steps wired to each other.
export { pipeline } from "./src/compose/pipeline.ts";
export type { DefinePipeline, ParameterRefs, Pipeline, PipelineSpec } from "./src/dsl/pipeline_types.ts";
export { each } from "./src/dsl/each.ts";
export { when } from "./src/dsl/when.ts";
// Running.
export { main } from "./src/compose/main.ts";
export { codes, SluiceError } from "./src/dsl/core_words.ts";
export type { Failure, Place, RunOptions, StepReport } from "./src/dsl/core_words.ts";
export type { AnyRun, EntryRun, MainRun, Run } from "./src/dsl/run_types.ts";
// Types that the ones above are made of.
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
  Holes,
  Inputs,
  Metrics,
  OptionalNames,
  Order,
  Outputs,
  Paths,
  Places,
  Results,
  Returned,
  Wire,
  Wires,
} from "./src/dsl/step_types.ts";
export type { AnyResult, AnyResults } from "./src/dsl/results.ts";
export type { Maybes } from "./src/dsl/when.ts";
export type {
  EntryGiven,
  EntryNames,
  EntryParameters,
  MainGiven,
  MetricValue,
  MetricValues,
  OutputPath,
  OutputPaths,
  RunOf,
  RunParameters,
  StepParameters,
} from "./src/dsl/run_types.ts";
export type {
  Code,
  Instant,
  ParameterValue,
  ProducedOutput,
  SandboxMode,
  SandboxTier,
  StepOutcome,
} from "./src/dsl/core_words.ts";
