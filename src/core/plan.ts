/** A plan: the frozen, keyed graph for one entry point and its arguments. Plain JSON, versioned. */
import { z } from "zod";
import { lazySchema } from "./lazy_schema.ts";
import { CommandTemplate } from "./command.ts";
import { Digest } from "./digest.ts";
import { EnvironmentObservation, EnvironmentSpec } from "./environment.ts";
import { KindSpec } from "./kind.ts";
import { ParameterSpec, ParameterValueSchema } from "./parameter.ts";
import { Limits, Permissions } from "./permissions.ts";
import { PipelineResult } from "./pipeline.ts";
import { PlaceSchema } from "./place.ts";
import { SandboxTierSchema } from "./sandbox_tier.ts";
import { SourceList } from "./sources.ts";

/** The newest plan format this program writes and the only one it reads. */
export const planVersion = 2;

export const PlannedInput = lazySchema(() =>
  z.discriminatedUnion("is", [
    z.object({ is: z.literal("output"), step: z.string(), output: z.string() }).readonly(),
    z.object({ is: z.literal("file"), path: z.string(), digest: Digest }).readonly(),
    /** `uri` as given, `version` and `location` as the registry answered. */
    z.object({
      is: z.literal("registered"),
      uri: z.string(),
      version: z.string(),
      location: z.string(),
      /** Of the model's files, where they lie on this machine. */
      digest: Digest.optional(),
    }).readonly(),
  ])
);
export type PlannedInput = z.infer<typeof PlannedInput>;

export const PlannedBinding = lazySchema(() =>
  z.discriminatedUnion("is", [
    z.object({ is: z.literal("one"), input: PlannedInput }).readonly(),
    z.object({ is: z.literal("many"), inputs: z.array(PlannedInput).readonly() }).readonly(),
    z.object({ is: z.literal("absent") }).readonly(),
  ])
);
export type PlannedBinding = z.infer<typeof PlannedBinding>;

/** In their order. */
export function inputsOf(binding: PlannedBinding): readonly PlannedInput[] {
  switch (binding.is) {
    case "one":
      return [binding.input];
    case "many":
      return binding.inputs;
    case "absent":
      return [];
  }
}

export const PlannedArgument = lazySchema(() =>
  z.discriminatedUnion("is", [
    z.object({
      is: z.literal("value"),
      value: ParameterValueSchema,
      /** Of a `path` parameter: the digest of what lies there. */
      digest: Digest.optional(),
    }).readonly(),
    z.object({ is: z.literal("metric"), step: z.string(), metric: z.string() }).readonly(),
  ])
);
export type PlannedArgument = z.infer<typeof PlannedArgument>;

const PlannedBody = lazySchema(() =>
  z.discriminatedUnion("is", [
    z.object({ is: z.literal("command"), command: CommandTemplate }).readonly(),
    z.object({ is: z.literal("function"), module: z.string(), step: z.string() }).readonly(),
  ])
);
type PlannedBody = z.infer<typeof PlannedBody>;

/** By path or name as the permission says it; null for what is not there. */
export const Granted = lazySchema(() =>
  z.object({
    read: z.record(z.string(), Digest.nullable()).readonly(),
    env: z.record(z.string(), Digest.nullable()).readonly(),
  }).readonly()
);
export type Granted = z.infer<typeof Granted>;

export const PlannedStep = lazySchema(() =>
  z.object({
    name: z.string(),
    /** The static key: everything that can change the outputs and is known before running, inputs by reference. */
    key: Digest,
    body: PlannedBody,
    /** The folder the step runs in, absolute. */
    folder: z.string(),
    /** Of its source files (a function's module graph), by content: a key of `Plan.sources`. */
    sources: Digest,
    environment: EnvironmentSpec,
    environmentState: EnvironmentObservation,
    arguments: z.record(z.string(), PlannedArgument).readonly(),
    /** For the values that are known only while running. */
    parameters: z.record(z.string(), ParameterSpec).readonly(),
    inputs: z.record(z.string(), PlannedBinding).readonly(),
    outputs: z.record(z.string(), KindSpec).readonly(),
    metrics: z.array(z.string()).readonly(),
    /** All steps that must finish first, by data or by order; sorted. */
    needs: z.array(z.string()).readonly(),
    permissions: Permissions,
    /** What the permissions come to here: the content of what may be read, and the digests of variables that are set. */
    granted: Granted,
    limits: Limits,
    /** What will hold its process. */
    sandbox: SandboxTierSchema,
    /** Whether its results are kept and taken again. */
    cache: z.boolean(),
    /** It runs in a copy of its folder; see `working_copy.ts`. */
    workingCopy: z.literal(true).optional(),
    family: z.string().optional(),
    place: PlaceSchema,
  }).readonly()
);
export type PlannedStep = z.infer<typeof PlannedStep>;

export const Plan = lazySchema(() =>
  z.object({
    version: z.literal(planVersion),
    pipeline: z.string(),
    /** The pipeline's module, a `file://` URL. */
    module: z.string(),
    entryPoint: z.string(),
    /** Each settable parameter in the entry point's reach, by full name. */
    parameters: z.record(z.string(), ParameterValueSchema).readonly(),
    /** In topological order; among equals, in the order of wiring. */
    steps: z.array(PlannedStep).readonly(),
    /** What each digest of `PlannedStep.sources` stands for. */
    sources: z.record(Digest, SourceList).readonly(),
    /** Left out as the boolean parameter is false. */
    skipped: z.array(z.object({ step: z.string(), because: z.string() }).readonly()).readonly(),
    results: z.record(z.string(), PipelineResult).readonly(),
  }).readonly()
);
export type Plan = z.infer<typeof Plan>;
