/** Binding: what a use is given, checked and lowered to where each parameter and input gets its value. */
import { refuse, unwrap } from "../core/error.ts";
import type { InputSpec } from "../core/kind.ts";
import { nearest } from "../core/nearest.ts";
import { checkParameter, describeSpec, type ParameterSpec } from "../core/parameter.ts";
import type { Argument, Binding, Source } from "../core/pipeline.ts";
import { inside, type Place } from "../core/place.ts";
import { describeState, type RefState, stateOfRef, stateOfUse } from "./reference.ts";
import { findKindConflict, parameterFits } from "./spec_fits.ts";
import type { Scope } from "./wiring.ts";

/** The use that is bound. Its place costs time, so it is asked for when something is refused. */
export interface Binder {
  readonly scope: Scope;
  readonly name: string;
  readonly place: () => Place;
}

const at = (binder: Binder, ...within: string[]): Place =>
  inside(binder.place(), `step "${binder.name}"`, ...within);

/** Fails with WIRE_INVALID when `given` is no record, or has a name that is not known. */
export function checkGiven(
  binder: Binder,
  given: unknown,
  known: (name: string) => boolean,
  names: () => readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof given !== "object" || given === null || stateOfRef(given) !== undefined) {
    return refuse({
      code: "WIRE_INVALID",
      message: `Cannot use \`${binder.name}\` without an object of what it takes`,
      at: at(binder),
      hint: `Call it with ${names().length === 0 ? "`{}`" : `\`{ ${names().join(", ")} }\``}`,
    });
  }
  for (const name in given) {
    if (known(name)) continue;
    const near = nearest(name, names());
    refuse({
      code: "WIRE_INVALID",
      message: `Cannot give \`${name}\` to \`${binder.name}\` as it takes nothing of that name`,
      at: at(binder, `"${name}"`),
      hint: `${near === undefined ? "" : `Did you mean \`${near}\`? `}It takes: ${
        names().join(", ") || "nothing"
      }`,
    });
  }
  return given as Readonly<Record<string, unknown>>;
}

/** Fails with PARAM_INVALID, PARAM_OUT_OF_RANGE, PARAM_CONFLICT, REFERENCE_FOREIGN or WIRE_INVALID. */
export function bindParameter(binder: Binder, name: string, spec: ParameterSpec, given: unknown): Argument {
  const state = stateOfRef(given);
  if (state === undefined) {
    const fits = isInPlainRange(spec, given);
    const value = fits ? given : unwrap(checkParameter(spec, given, at(binder, `parameter "${name}"`)));
    return { is: "value", value: value as string | number | boolean };
  }
  checkOwner(binder, state, () => at(binder, `parameter "${name}"`));
  switch (state.is) {
    case "parameter":
      return bindReferred(binder, name, spec, state);
    case "metric":
      if (spec.type !== "float" && spec.type !== "int") return notAParameter(binder, name, spec, state);
      checkThere(binder, state, `parameter "${name}"`);
      return { is: "metric", step: state.step.name, metric: state.port };
    default:
      return notAParameter(binder, name, spec, state);
  }
}

/** The common case without a place: a number within bounds. */
const isInPlainRange = (spec: ParameterSpec, given: unknown) =>
  typeof given === "number" && !Object.is(given, -0) && (spec.type === "int" || spec.type === "float") &&
  checkParameter(spec, given, {}).ok;

function bindReferred(
  binder: Binder,
  name: string,
  spec: ParameterSpec,
  state: Extract<RefState, { is: "parameter" }>,
): Argument {
  if (state.argument.is === "value") {
    unwrap(checkParameter(spec, state.argument.value, at(binder, `parameter "${name}"`)));
    return state.argument;
  }
  if (parameterFits(state.spec, spec)) return state.argument;
  return refuse({
    code: "PARAM_CONFLICT",
    message: `Cannot set parameter "${name}" of \`${binder.name}\` from \`${state.name}\` as it takes ${
      describeSpec(spec)
    } and \`${state.name}\` is ${describeSpec(state.spec)}`,
    at: at(binder, `parameter "${name}"`),
    hint: `Give both one schema: \`params: { ${state.name.split(".").at(-1)}: STEP.params.${name} }\``,
  });
}

function notAParameter(binder: Binder, name: string, spec: ParameterSpec, state: RefState): never {
  return refuse({
    code: "WIRE_INVALID",
    message: `Cannot set parameter "${name}" of \`${binder.name}\` from \`${
      describeState(state)
    }\` as it must be ${describeSpec(spec)}, and that is a ${state.is === "metric" ? "metric" : "file"}`,
    at: at(binder, `parameter "${name}"`),
    hint: "Declare an input for a file, a dataset or a model",
  });
}

/** Fails with WIRE_INVALID or REFERENCE_FOREIGN. */
export function bindInput(binder: Binder, name: string, spec: InputSpec, given: unknown): Binding {
  if (spec.takes === "many") {
    if (!Array.isArray(given)) return notAnInput(binder, name, given, "a list of references");
    return { is: "many", sources: given.map((item) => sourceOf(binder, name, spec, item)) };
  }
  if (spec.takes === "optional") {
    if (given === undefined) return { is: "absent" };
    const state = stateOfRef(given);
    if (state?.is === "output" && !state.step.isThere && binder.scope.isThere) return { is: "absent" };
  }
  return { is: "one", source: sourceOf(binder, name, spec, given) };
}

function sourceOf(binder: Binder, name: string, spec: InputSpec, given: unknown): Source {
  const state = stateOfRef(given);
  if (state === undefined || state.is === "parameter" || state.is === "metric") {
    return notAnInput(binder, name, given, `a reference to a ${spec.kind.kind}`);
  }
  checkOwner(binder, state, () => at(binder, `input "${name}"`));
  const conflict = findKindConflict(state.is === "output" ? state.kind : state.source.kind, spec.kind);
  if (conflict !== undefined) {
    refuse({
      code: "WIRE_INVALID",
      message: `Cannot wire \`${
        describeState(state)
      }\` to input "${name}" of \`${binder.name}\` as ${conflict}`,
      at: at(binder, `input "${name}"`),
      hint: "Wire a reference of the input's kind, or change the kind that either declares",
    });
  }
  if (state.is === "given") return state.source;
  if (spec.takes !== "optional") checkThere(binder, state, `input "${name}"`);
  return { is: "output", step: state.step.name, output: state.port };
}

function notAnInput(binder: Binder, name: string, given: unknown, wanted: string): never {
  const state = stateOfRef(given);
  const found = state !== undefined
    ? `\`${describeState(state)}\`, ${state.is === "output" ? "an" : "a"} ${state.is}`
    : given === undefined
    ? "nothing"
    : stateOfUse(given) !== undefined
    ? "the whole use of a step"
    : Array.isArray(given)
    ? "a list"
    : `a ${typeof given}`;
  return refuse({
    code: "WIRE_INVALID",
    message: `Cannot wire input "${name}" of \`${binder.name}\` as ${wanted} is wanted, not ${found}`,
    at: at(binder, `input "${name}"`),
    hint: "Wire an output of a step, such as `split.train`, or `given.file(…)`",
  });
}

/** What a `when` makes may be absent, and fits within the same `when` or an optional input only. */
function checkThere(binder: Binder, state: Extract<RefState, { is: "output" | "metric" }>, within: string) {
  const { step } = state;
  const isSure = step.conditions.every((condition) => binder.scope.conditions.includes(condition));
  if (isSure && (step.isThere || !binder.scope.isThere)) return;
  refuse({
    code: "WIRE_INVALID",
    message:
      `Cannot wire \`${describeState(state)}\` to ${within} of \`${binder.name}\` as it is absent when its ` +
      "`when` is false",
    at: at(binder, within),
    hint: "Use both steps within the same `when`, or make the input `optional(…)`",
  });
}

function checkOwner(binder: Binder, state: RefState, place: () => Place) {
  if (state.is === "given" || state.owner === binder.scope.graph) return;
  refuseForeign(describeState(state), state.owner.name, binder.scope.graph.name, place());
}

function refuseForeign(what: string, owner: string, here: string, place: Place): never {
  return refuse({
    code: "REFERENCE_FOREIGN",
    message: `Cannot use \`${what}\` in pipeline "${here}" as it belongs to ${
      owner === here ? "another pipeline" : `pipeline "${owner}"`
    }`,
    at: place,
    hint: "Use the other pipeline as a step, and what it returns: `const other = otherPipeline({…})`",
  });
}

/** Names of the steps to finish first. Fails with WIRE_INVALID or REFERENCE_FOREIGN. */
export function bindAfter(binder: Binder, order: unknown): readonly string[] {
  const after = (order as { readonly after?: unknown } | undefined)?.after;
  if (after === undefined) return [];
  const uses = Array.isArray(after) ? after.map(stateOfUse) : [undefined];
  return uses.flatMap((use) => {
    if (use === undefined) {
      return refuse({
        code: "WIRE_INVALID",
        message: `Cannot order \`${binder.name}\` as \`after\` takes a list of uses`,
        at: at(binder),
        hint: "Pass what calls of steps return: `const saved = save({…}); notify({}, { after: [saved] })`",
      });
    }
    if (use.owner !== binder.scope.graph) {
      return refuseForeign(use.name, use.owner.name, binder.scope.graph.name, at(binder));
    }
    return use.steps;
  });
}

/** Fails with PARAM_MISSING. */
export function refuseMissing(binder: Binder, name: string): never {
  return refuse({
    code: "PARAM_MISSING",
    message: `Cannot use \`${binder.name}\` without parameter "${name}" as it has no default`,
    at: at(binder, `parameter "${name}"`),
    hint: `Pass it a value or a reference: \`{ ${name}: … }\``,
  });
}
