/** The key of a step: all that can change its outputs, as parts that can be told apart, and the digest over them. */
import { basename, relative } from "node:path";
import { z } from "zod";
import { CommandTemplate } from "./command.ts";
import { Digest, digestValue } from "./digest.ts";
import { KindSpec } from "./kind.ts";
import { lazySchema } from "./lazy_schema.ts";
import { mapValues } from "./map_values.ts";
import { ParameterValueSchema } from "./parameter.ts";
import type { PlannedArgument, PlannedBinding, PlannedInput, PlannedStep } from "./plan.ts";

/** Changes whenever a key of the same step would come out otherwise. */
export const keyVersion = 2;

/** What an input comes to: the step and output that make it, while that has not run, and then its content. */
export const InputPart = lazySchema(() =>
  z.union([
    z.strictObject({ of: Digest, output: z.string() }).readonly(),
    /** `name` is that of the file or folder, which a step can see. */
    z.strictObject({ content: Digest, name: z.string() }).readonly(),
    z.strictObject({ uri: z.string(), version: z.string() }).readonly(),
  ])
);
export type InputPart = z.infer<typeof InputPart>;

export const ArgumentPart = lazySchema(() =>
  z.union([
    z.strictObject({ value: ParameterValueSchema }).readonly(),
    z.strictObject({ content: Digest, name: z.string() }).readonly(),
    z.strictObject({ of: Digest, metric: z.string() }).readonly(),
  ])
);
export type ArgumentPart = z.infer<typeof ArgumentPart>;

/**
 * What a key is made of. Not here: names of steps and pipelines, absolute paths, order, limits.
 *
 * `permissions` holds paths relative to the step's folder, with the content of those that may be read, and the digests
 * of the values of variables.
 */
export const KeyParts = lazySchema(() =>
  z.object({
    key: z.literal(keyVersion),
    body: z.union([
      z.object({ is: z.literal("command"), command: CommandTemplate }).readonly(),
      z.object({ is: z.literal("function"), step: z.string() }).readonly(),
    ]),
    sources: Digest,
    /** There only where it runs in a copy of its folder. */
    workingCopy: z.literal(true).optional(),
    environment: z.union([Digest, z.object({ unlocked: z.unknown() }).readonly()]),
    arguments: z.record(z.string(), ArgumentPart).readonly(),
    inputs: z.record(z.string(), z.union([z.null(), InputPart, z.array(InputPart).readonly()])).readonly(),
    outputs: z.record(z.string(), KindSpec).readonly(),
    metrics: z.array(z.string()).readonly(),
    permissions: z.object({
      net: z.union([z.boolean(), z.array(z.string()).readonly()]),
      read: z.record(z.string(), Digest.nullable()).readonly(),
      write: z.array(z.string()).readonly(),
      env: z.record(z.string(), Digest.nullable()).readonly(),
      gpu: z.boolean(),
    }).readonly(),
  }).readonly()
);
export type KeyParts = z.infer<typeof KeyParts>;

/** What is known of the steps that come before. */
export interface Before {
  /** An output of an earlier step. */
  readonly output: (step: string, output: string) => InputPart;
  /** A metric of an earlier step. */
  readonly metric: (step: string, metric: string) => ArgumentPart;
}

export type KeyedStep = Pick<
  PlannedStep,
  | "arguments"
  | "body"
  | "environment"
  | "environmentState"
  | "folder"
  | "granted"
  | "inputs"
  | "metrics"
  | "outputs"
  | "permissions"
  | "sources"
  | "workingCopy"
>;

/** The parts of a step's key. With `before` by reference the key is the static one, by content the resolved one. */
export function keyParts(step: KeyedStep, before: Before): KeyParts {
  const { permissions, granted, folder } = step;
  return {
    key: keyVersion,
    body: step.body.is === "command" ? step.body : { is: "function", step: step.body.step },
    sources: step.sources,
    ...(step.workingCopy === undefined ? {} : { workingCopy: step.workingCopy }),
    environment: step.environmentState.is === "locked"
      ? step.environmentState.id
      : { unlocked: withoutPaths(step.environment) },
    arguments: mapValues(step.arguments, (argument) => argumentPart(argument, before)),
    inputs: mapValues(step.inputs, (binding) => bindingPart(binding, before)),
    outputs: step.outputs,
    metrics: step.metrics,
    permissions: {
      net: permissions.net,
      read: Object.fromEntries(
        permissions.read.map((path) => [relative(folder, path), granted.read[path] ?? null]),
      ),
      write: permissions.write.map((path) => relative(folder, path)),
      env: Object.fromEntries(permissions.env.map((name) => [name, granted.env[name] ?? null])),
      gpu: permissions.gpu,
    },
  };
}

/** SHA-256 over the canonical JSON of the parts. */
export const keyOf = (parts: KeyParts): Digest => digestValue(parts);

/** Earlier steps by their own static keys. */
export function byReference(keyOfStep: (step: string) => Digest): Before {
  return {
    output: (step, output) => ({ of: keyOfStep(step), output }),
    metric: (step, metric) => ({ of: keyOfStep(step), metric }),
  };
}

export function argumentPart(argument: PlannedArgument, before: Before): ArgumentPart {
  if (argument.is === "metric") return before.metric(argument.step, argument.metric);
  return argument.digest === undefined
    ? { value: argument.value }
    : { content: argument.digest, name: basename(String(argument.value)) };
}

function bindingPart(binding: PlannedBinding, before: Before): InputPart | InputPart[] | null {
  switch (binding.is) {
    case "one":
      return inputPart(binding.input, before);
    case "many":
      return binding.inputs.map((input) => inputPart(input, before));
    case "absent":
      return null;
  }
}

export function inputPart(input: PlannedInput, before: Before): InputPart {
  switch (input.is) {
    case "output":
      return before.output(input.step, input.output);
    case "file":
      return { content: input.digest, name: basename(input.path) };
    case "registered":
      return input.digest === undefined
        ? { uri: input.uri, version: input.version }
        : { content: input.digest, name: basename(input.location) };
  }
}

/** Before the lock is made only the request is known; where its file lies does not matter. */
function withoutPaths(spec: PlannedStep["environment"]): unknown {
  if (spec.kind === "conda" && spec.file !== undefined) return { kind: spec.kind, file: basename(spec.file) };
  if (spec.kind === "docker" && spec.image.is === "built") return { kind: spec.kind, image: "built" };
  return spec.kind === "python" && spec.requirements.from === "file"
    ? { kind: spec.kind, version: spec.version, requirements: "file" }
    : spec;
}
