/** The static key of a step: all that can change its outputs and is known before it runs. */
import { type Digest, digestValue } from "../core/digest.ts";
import type { EnvironmentObservation, EnvironmentSpec } from "../core/environment.ts";
import type { KindSpec } from "../core/kind.ts";
import type { Permissions } from "../core/permissions.ts";
import type { PlannedArgument, PlannedBinding, PlannedBody, PlannedInput } from "../core/plan.ts";

/** Changes whenever a key of the same step would come out otherwise. */
export const keyVersion = 1;

/** What a key is made of. Not here: names of steps and pipelines, absolute paths, order, limits. */
export interface KeyParts {
  readonly body: PlannedBody;
  readonly sources: Digest;
  readonly environment: EnvironmentSpec;
  readonly environmentState: EnvironmentObservation;
  readonly arguments: Readonly<Record<string, PlannedArgument>>;
  readonly inputs: Readonly<Record<string, PlannedBinding>>;
  readonly outputs: Readonly<Record<string, KindSpec>>;
  readonly metrics: readonly string[];
  readonly permissions: Permissions;
}

/**
 * SHA-256 over the canonical JSON of: key version, command template (or the function's name in its module),
 * sources, environment id, parameters (a path by its content), inputs by reference (the producer's own key and
 * output; a file by its content; a registered model by its files, else by its name and version), kinds of outputs, metrics,
 * permissions. `keyOf` gives the key of a step earlier in the plan.
 */
export function staticKey(parts: KeyParts, keyOf: (step: string) => Digest): Digest {
  return digestValue({
    key: keyVersion,
    body: parts.body.is === "command" ? parts.body : { is: "function", step: parts.body.step },
    sources: parts.sources,
    environment: parts.environmentState.is === "locked"
      ? parts.environmentState.id
      : { unlocked: withoutPaths(parts.environment) },
    arguments: mapValues(parts.arguments, (argument) => argumentKey(argument, keyOf)),
    inputs: mapValues(parts.inputs, (binding) => bindingKey(binding, keyOf)),
    outputs: parts.outputs,
    metrics: parts.metrics,
    permissions: parts.permissions,
  });
}

function argumentKey(argument: PlannedArgument, keyOf: (step: string) => Digest): unknown {
  if (argument.is === "metric") return { metric: argument.metric, of: keyOf(argument.step) };
  return argument.digest === undefined ? { value: argument.value } : { content: argument.digest };
}

function bindingKey(binding: PlannedBinding, keyOf: (step: string) => Digest): unknown {
  switch (binding.is) {
    case "one":
      return inputKey(binding.input, keyOf);
    case "many":
      return binding.inputs.map((input) => inputKey(input, keyOf));
    case "absent":
      return null;
  }
}

function inputKey(input: PlannedInput, keyOf: (step: string) => Digest): unknown {
  switch (input.is) {
    case "output":
      return { output: input.output, of: keyOf(input.step) };
    case "file":
      return { content: input.digest };
    case "registered":
      return input.digest === undefined
        ? { uri: input.uri, version: input.version }
        : { content: input.digest };
  }
}

/** Before the lock is made only the request is known; where its file lies does not matter. */
function withoutPaths(spec: EnvironmentSpec): unknown {
  return spec.kind === "python" && spec.requirements.from === "file"
    ? { kind: spec.kind, version: spec.version, requirements: "file" }
    : spec;
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
