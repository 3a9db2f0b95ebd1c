/** The steps that the modules of this process define, by module and name. */
import { refuse } from "../core/error.ts";
import { formatPlace, type Place } from "../core/place.ts";

/** A step as the child of a `run` function finds it. */
export interface RegisteredStep {
  readonly place: Place;
  /** Undefined for a step that runs a command. */
  readonly run: StepFunction | undefined;
}
/** A `run` function once its types are erased. */
export type StepFunction = (at: {
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly log: unknown;
}) => unknown;

type Registry = Map<string, Map<string, RegisteredStep>>;

/** On the global object: the program `sluice` and a user's module may each have loaded a copy of this module. */
const key = Symbol.for("sluice.steps.1");
const global = globalThis as { [key]?: Registry };
const registry: Registry = global[key] ??= new Map();

/** Fails with STEP_DEFINED_TWICE. */
export function registerStep(module: string, name: string, step: RegisteredStep): void {
  let steps = registry.get(module);
  if (steps === undefined) registry.set(module, steps = new Map());
  const other = steps.get(name);
  if (other !== undefined) {
    refuse({
      code: "STEP_DEFINED_TWICE",
      message: `Cannot define step \`${name}\` again as this module defines one of that name at ${
        formatPlace(other.place)
      }`,
      at: step.place,
      hint: "Define each step once, at the top of its module, and use it as often as needed with `.as(…)`",
    });
  }
  steps.set(name, step);
}

/** Undefined when `module` has not been loaded or defines no such step. */
export const findStep = (module: string, name: string): RegisteredStep | undefined =>
  registry.get(module)?.get(name);

/** Names of the steps that `module` defines. */
export const stepNames = (module: string): readonly string[] => [...registry.get(module)?.keys() ?? []];
