/** Dsl: the language, which says what to run as typed values. This file: `step`, which defines one. */
import { refuse, SluiceError } from "../core/error.ts";
import type { InputSpec, KindSpec } from "../core/kind.ts";
import type { ParameterSpec } from "../core/parameter.ts";
import type { StepBody, StepDefinition } from "../core/pipeline.ts";
import { inside, type Place } from "../core/place.ts";
import { callSiteOf } from "./call_site.ts";
import { makeHole, wordsOf, writingCommand } from "./command.ts";
import { lowerEnvironment } from "./environments.ts";
import { lowerInput, lowerKind } from "./kinds.ts";
import { lowerLimits, lowerPermissions, lowerTrust } from "./limits.ts";
import { lowerParameters } from "./lower_parameter.ts";
import { checkName, checkNameSpace } from "./names.ts";
import { registerStep, type StepFunction } from "./registry.ts";
import type { None, Shape } from "./shape.ts";
import type { CommandStep, FunctionStep, Inputs, Outputs, Step } from "./step_types.ts";
import { useStep } from "./use_step.ts";

/**
 * Defines a step: its parameters, inputs, outputs and metrics, and the command or function that makes the one of the
 * other. Nothing runs.
 *
 * Define steps at the top of a module, and call them while a pipeline is wired. A `command` needs `env`; a `run`
 * function runs in a process of its own that imports this module, with no permission beyond the step's.
 * Fails with STEP_INVALID, STEP_DEFINED_TWICE, NAME_INVALID, NAME_COLLISION, COMMAND_SYNTAX and
 * PARAM_SCHEMA_UNSUPPORTED, PARAM_INVALID or PARAM_OUT_OF_RANGE for a parameter.
 *
 * ```ts
 * const train = step("train", {
 *   env: python({ version: "3.12", requirements: ["scikit-learn==1.7.2"] }),
 *   params: { alpha: float().min(0).max(1).default(0.5) },
 *   inputs: { data: dataset({ alcohol: float(), quality: int() }) },
 *   outputs: { model: model("sklearn") },
 *   metrics: ["rmse"],
 *   command: ({ params, inputs, outputs }) =>
 *     sh`python train.py ${inputs.data} ${outputs.model} --alpha ${params.alpha}`,
 * });
 * ```
 */
export function step<
  P extends Shape = None,
  I extends Inputs = None,
  O extends Outputs = None,
  M extends string = never,
>(name: string, spec: CommandStep<P, I, O, M> | FunctionStep<P, I, O, M>): Step<P, I, O, M> {
  const { place, module } = callSiteOf(step);
  checkName("step", name, place);
  const definition = lowerStep(name, spec, module, place);
  registerStep(module, name, { place, run: spec.run as StepFunction | undefined });
  const use = (wires: unknown, order: unknown) => useStep(definition, undefined, wires, order, use);
  const as = (useName: unknown, wires: unknown, order: unknown) =>
    useStep(definition, useName, wires, order, as);
  const members = { as, params: spec.params ?? {}, [definitionKey]: definition };
  return Object.assign(use, members) as unknown as Step<P, I, O, M>;
}

/** Known to every copy of this module, as a pipeline's is. */
const definitionKey = Symbol.for("sluice.step.1");

/** The plain data of a step; undefined when `value` is none. */
export const stepDefinitionOf = (value: unknown): StepDefinition | undefined =>
  typeof value === "function" && definitionKey in value ? value[definitionKey] as StepDefinition : undefined;

/** A step's specification once its types are erased. */
type AnySpec =
  | CommandStep<Shape, Inputs, Outputs, string>
  | FunctionStep<Shape, Inputs, Outputs, string>;

// deno-lint-ignore no-explicit-any -- any step's specification: its functions take what this file gives them
function lowerStep(name: string, given: any, module: string, place: Place): StepDefinition {
  const at = inside(place, `step "${name}"`);
  if (typeof given !== "object" || given === null) invalid("without a specification", at);
  const spec: AnySpec = given;
  const parameters = lowerParameters(spec.params ?? {}, at);
  const inputs = lowerAll("input", spec.inputs, lowerInput, at);
  const outputs = lowerAll("output", spec.outputs, lowerKind, at);
  const metrics = [...(spec.metrics ?? [])];
  checkNameSpace([
    ["parameter", Object.keys(parameters)],
    ["input", Object.keys(inputs)],
    ["output", Object.keys(outputs)],
    ["metric", metrics],
  ], at);
  const { environment, body } = lowerBody(name, spec, { parameters, inputs, outputs }, at);
  return Object.freeze({
    name,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    module,
    place,
    environment,
    parameters,
    inputs,
    outputs,
    metrics,
    body,
    permissions: lowerPermissions(spec, module, at),
    limits: lowerLimits(spec, at),
    ...lowerTrust(spec, at),
    ...(spec.sources === undefined ? {} : { sources: [...spec.sources] }),
  });
}

function lowerAll<S>(
  what: string,
  given: Readonly<Record<string, unknown>> | undefined,
  lower: (value: unknown) => S | undefined,
  at: Place,
): Record<string, S> {
  const lowered: Record<string, S> = {};
  for (const [name, value] of Object.entries(given ?? {})) {
    lowered[name] = lower(value) ??
      invalid(
        `without the kind of this ${what} as it is a \`dataset\`, \`model\` or \`file\``,
        inside(at, `${what} "${name}"`),
      );
  }
  return lowered;
}

interface Declared {
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly outputs: Readonly<Record<string, KindSpec>>;
}

function lowerBody(
  name: string,
  spec: AnySpec,
  declared: Declared,
  at: Place,
): { environment: StepDefinition["environment"]; body: StepBody } {
  const isCommand = typeof spec.command === "function", isFunction = typeof spec.run === "function";
  if (isCommand === isFunction) {
    invalid(isCommand ? "with both `command` and `run`" : "without a `command` or `run` function", at);
  }
  if (spec.env === undefined && isCommand) invalid("that runs a command without `env`", at);
  const environment = spec.env === undefined ? { kind: "deno" as const } : lowerEnvironment(spec.env);
  if (environment === undefined) {
    invalid("in this `env` as it is `python(…)`, `conda(…)`, `docker(…)`, `deno()` or `host()`", at);
  }
  if (!isCommand && environment.kind === "docker") {
    invalid("with a `run` function in an image, where there is no Deno", at);
  }
  if (!isCommand) return { environment, body: { is: "function" } };
  const words = wordsOf(writeCommand(name, spec.command, declared));
  if (words === undefined) invalid("whose `command` returns no command", at);
  if (words.length === 0) {
    refuse({
      code: "COMMAND_SYNTAX",
      message: "Cannot run an empty command",
      at,
      hint: "Name a program, such as sh`python train.py`",
    });
  }
  return { environment, body: { is: "command", command: { words } } };
}

function writeCommand(
  name: string,
  command: NonNullable<CommandStep<Shape, Inputs, Outputs, string>["command"]>,
  { parameters, inputs, outputs }: Declared,
): unknown {
  const params = holes(
    parameters,
    (hole, spec) =>
      makeHole({ is: "hole", of: "parameter", name: hole }, spec.type === "boolean" ? "boolean" : "one"),
  );
  const inputHoles = holes(
    inputs,
    (hole, spec) => makeHole({ is: "hole", of: "input", name: hole }, spec.takes === "many" ? "many" : "one"),
  );
  const outputHoles = holes(outputs, (hole) => makeHole({ is: "hole", of: "output", name: hole }, "one"));
  return writingCommand(
    `step "${name}"`,
    () => command({ params: params as never, inputs: inputHoles as never, outputs: outputHoles as never }),
  );
}

const holes = <S>(
  specs: Readonly<Record<string, S>>,
  make: (name: string, spec: S) => unknown,
): Record<string, unknown> =>
  Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, make(name, spec)]));

function invalid(what: string, at: Place): never {
  throw new SluiceError({
    code: "STEP_INVALID",
    message: `Cannot define a step ${what}`,
    at,
    hint: "A step is `step(name, { env, params, inputs, outputs, metrics, command or run })`",
  });
}
