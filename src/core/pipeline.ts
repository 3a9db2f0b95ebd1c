/**
 * Core: the words of the field, as types with their schemas, and what all rooms share. This file: a pipeline as plain
 * data, which `dsl/` makes and `plan/` reads. Step functions stay in their modules.
 */
import { z } from "zod";
import { lazySchema } from "./lazy_schema.ts";
import { CommandTemplate } from "./command.ts";
import { EnvironmentSpec } from "./environment.ts";
import { InputSpec, KindSpec } from "./kind.ts";
import { ParameterSpec, ParameterValueSchema } from "./parameter.ts";
import { Limits, Permissions } from "./permissions.ts";
import { PlaceSchema } from "./place.ts";

export const StepBody = lazySchema(() =>
  z.discriminatedUnion("is", [
    z.object({ is: z.literal("command"), command: CommandTemplate }).readonly(),
    /** Run by importing the step's module and calling it by the step's name. */
    z.object({ is: z.literal("function") }).readonly(),
  ])
);
export type StepBody = z.infer<typeof StepBody>;

export const StepDefinition = lazySchema(() =>
  z.object({
    name: z.string(),
    description: z.string().optional(),
    /** The `file://` URL of the module that defines it. */
    module: z.string(),
    place: PlaceSchema,
    environment: EnvironmentSpec,
    parameters: z.record(z.string(), ParameterSpec).readonly(),
    inputs: z.record(z.string(), InputSpec).readonly(),
    outputs: z.record(z.string(), KindSpec).readonly(),
    metrics: z.array(z.string()).readonly(),
    body: StepBody,
    permissions: Permissions,
    limits: Limits,
    /** `full`: run in the strongest sandbox or not at all; absent: in the best there is. */
    sandbox: z.literal("full").optional(),
    /** Whether its results are kept and taken again; absent: unless it uses the host's programs or may write elsewhere. */
    cache: z.boolean().optional(),
    /** Files and folders beside the module that the command needs; absent: the module's folder, less what is ignored. */
    sources: z.array(z.string()).readonly().optional(),
    /**
     * It runs in a copy of its whole folder that it may write; see `working_copy.ts`. Absent: in the folder itself, of
     * which it sees its sources and may write nothing.
     */
    workingCopy: z.object({
      /** What of the folder is left out, by paths relative to it. */
      except: z.array(z.string()).readonly(),
    }).readonly().optional(),
  }).readonly()
);
export type StepDefinition = z.infer<typeof StepDefinition>;

/** Where a parameter of a step gets its value. */
export const Argument = lazySchema(() =>
  z.discriminatedUnion("is", [
    z.object({ is: z.literal("value"), value: ParameterValueSchema }).readonly(),
    /** A key of `PipelineDefinition.parameters`. */
    z.object({ is: z.literal("parameter"), name: z.string() }).readonly(),
    /** Known once `step` has run. */
    z.object({ is: z.literal("metric"), step: z.string(), metric: z.string() }).readonly(),
  ])
);
export type Argument = z.infer<typeof Argument>;

/** Where an input comes from. */
export const Source = lazySchema(() =>
  z.discriminatedUnion("is", [
    z.object({ is: z.literal("output"), step: z.string(), output: z.string() }).readonly(),
    /** Relative to `folder`, the folder of the module that says so (a `file://` URL ending in a slash). */
    z.object({ is: z.literal("file"), path: z.string(), folder: z.string(), kind: KindSpec }).readonly(),
    z.object({ is: z.literal("registered"), uri: z.string(), kind: KindSpec }).readonly(),
  ])
);
export type Source = z.infer<typeof Source>;

export const Binding = lazySchema(() =>
  z.discriminatedUnion("is", [
    z.object({ is: z.literal("one"), source: Source }).readonly(),
    z.object({ is: z.literal("many"), sources: z.array(Source).readonly() }).readonly(),
    z.object({ is: z.literal("absent") }).readonly(),
  ])
);
export type Binding = z.infer<typeof Binding>;

/** What an input is given: nothing, one thing or several, in their order. */
export const sourcesOf = (binding: Binding): readonly Source[] =>
  binding.is === "one" ? [binding.source] : binding.is === "many" ? binding.sources : [];

/** A step used in a pipeline: a vertex of its graph, and an entry point. */
export const StepUse = lazySchema(() =>
  z.object({
    /** Unique in the pipeline, such as `train`, `train-0` or `cv/train`. */
    name: z.string(),
    definition: StepDefinition,
    /** Every parameter of the definition is bound. */
    arguments: z.record(z.string(), Argument).readonly(),
    /** Every input of the definition is bound. */
    inputs: z.record(z.string(), Binding).readonly(),
    /** Names of steps to finish first. */
    after: z.array(z.string()).readonly(),
    /** Boolean parameters that must all be true, or the step is left out. */
    conditions: z.array(z.string()).readonly(),
    /** The name `each` shares among the steps it makes, such as `train-*`. */
    family: z.string().optional(),
    place: PlaceSchema,
  }).readonly()
);
export type StepUse = z.infer<typeof StepUse>;

/** What a pipeline returns, by name. */
export type PipelineResult =
  | { readonly is: "output"; readonly step: string; readonly output: string }
  | { readonly is: "metric"; readonly step: string; readonly metric: string }
  | { readonly is: "steps"; readonly steps: readonly string[] }
  | { readonly is: "given"; readonly source: Source }
  | { readonly is: "parameter"; readonly name: string }
  | { readonly is: "list"; readonly items: readonly PipelineResult[] };
export const PipelineResult: z.ZodType<PipelineResult> = lazySchema(() =>
  z.discriminatedUnion("is", [
    z.object({ is: z.literal("output"), step: z.string(), output: z.string() }).readonly(),
    z.object({ is: z.literal("metric"), step: z.string(), metric: z.string() }).readonly(),
    z.object({ is: z.literal("steps"), steps: z.array(z.string()).readonly() }).readonly(),
    z.object({ is: z.literal("given"), source: Source }).readonly(),
    z.object({ is: z.literal("parameter"), name: z.string() }).readonly(),
    z.object({ is: z.literal("list"), items: z.array(PipelineResult).readonly() }).readonly(),
  ])
);

export const PipelineDefinition = lazySchema(() =>
  z.object({
    name: z.string(),
    description: z.string().optional(),
    module: z.string(),
    place: PlaceSchema,
    /**
     * All that can be set, by full name: `alpha` is the pipeline's own, `preprocess.seed` a parameter its step
     * leaves unbound, `cv.alpha` one of a pipeline used in it.
     */
    parameters: z.record(z.string(), ParameterSpec).readonly(),
    /** In the order of wiring, which is a topological order. */
    steps: z.array(StepUse).readonly(),
    results: z.record(z.string(), PipelineResult).readonly(),
  }).readonly()
);
export type PipelineDefinition = z.infer<typeof PipelineDefinition>;

/** The entry point that runs what the pipeline returns, and all it needs. */
export const mainEntryPoint = "main";
