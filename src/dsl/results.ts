/** What a pipeline returns: checked and lowered when it is defined, read from the outcome when it has run. */
import { resolve } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import { refuse } from "../core/error.ts";
import type { PipelineResult } from "../core/pipeline.ts";
import { inside, type Place } from "../core/place.ts";
import type { ResultValue, RunOutcome } from "../core/run.ts";
import { checkName } from "./names.ts";
import { type Maybe, type Ref, type RefState, stateOfRef, stateOfUse, type Use } from "./reference.ts";
import type { Scope } from "./wiring.ts";

/** One thing that a pipeline returns. */
export type AnyResult = Ref<unknown> | Maybe<unknown> | Use | readonly AnyResult[];
/** What a pipeline returns, by name. */
export type AnyResults = Readonly<Record<string, AnyResult>>;

/** What a `wire` function returned, as a record. Fails with WIRE_INVALID or REFERENCE_FOREIGN. */
export function checkResults(scope: Scope, returned: unknown, at: Place): Readonly<Record<string, unknown>> {
  if (returned === undefined) return {};
  if (typeof returned !== "object" || returned === null || Array.isArray(returned) || stateOfRef(returned)) {
    return invalid("as a pipeline returns an object of results by name", at);
  }
  const results: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(returned)) {
    const here = inside(at, `result "${name}"`);
    checkName("result", name, here);
    checkResult(scope, value, here);
    const use = stateOfUse(value);
    if (use !== undefined && use.name !== `${scope.path}${name}`) {
      invalid(
        `as \`${name}\` as it is the use \`${use.name}\`, whose name is its entry point`,
        here,
        `Return it as \`${use.name}: …\`, or return its outputs under any name`,
      );
    }
    results[name] = value;
  }
  return results;
}

function checkResult(scope: Scope, value: unknown, at: Place): void {
  if (Array.isArray(value)) return value.forEach((item) => checkResult(scope, item, at));
  const state = stateOfRef(value), use = stateOfUse(value);
  if (state === undefined && use === undefined) {
    invalid(`as it is ${value === undefined ? "undefined" : `a ${typeof value}`}, not a reference`, at);
  }
  const owner = state === undefined ? use!.owner : state.is === "given" ? scope.graph : state.owner;
  if (owner === scope.graph) return;
  refuse({
    code: "REFERENCE_FOREIGN",
    message: `Cannot return this from pipeline "${scope.graph.name}" as it belongs to another pipeline`,
    at,
    hint: "Use the other pipeline as a step, and return what it gives",
  });
}

function invalid(
  why: string,
  at: Place,
  hint = "Return references and uses: `return { model: fitted.model }`",
): never {
  return refuse({ code: "WIRE_INVALID", message: `Cannot return this ${why}`, at, hint });
}

/** As plain data. What a `when` left out for good, and a parameter with a value, are no results. */
export function lowerResults(results: Readonly<Record<string, unknown>>): Record<string, PipelineResult> {
  const lowered: Record<string, PipelineResult> = {};
  for (const [name, value] of Object.entries(results)) {
    const result = lowerResult(value);
    if (result !== undefined) lowered[name] = result;
  }
  return lowered;
}

function lowerResult(value: unknown): PipelineResult | undefined {
  if (Array.isArray(value)) {
    return { is: "list", items: value.map(lowerResult).filter((item) => item !== undefined) };
  }
  const use = stateOfUse(value);
  if (use !== undefined) return use.isThere ? { is: "steps", steps: use.steps } : undefined;
  const state = stateOfRef(value)!;
  switch (state.is) {
    case "output":
      return state.step.isThere ? { is: "output", step: state.step.name, output: state.port } : undefined;
    case "metric":
      return state.step.isThere ? { is: "metric", step: state.step.name, metric: state.port } : undefined;
    case "given":
      return { is: "given", source: state.source };
    case "parameter":
      return state.argument.is === "value" ? undefined : state.argument;
  }
}

/** The outputs and metrics among what was returned; those of a whole use are a record of their own. */
export interface ReadResults {
  readonly outputs: Readonly<Record<string, ResultValue>>;
  readonly metrics: Readonly<Record<string, ResultValue>>;
}

/** Outputs and metrics apart, each by the name under which the pipeline returns it. */
export function readResults(results: Readonly<Record<string, unknown>>, outcome: RunOutcome): ReadResults {
  const outputs: Record<string, ResultValue> = {}, metrics: Record<string, ResultValue> = {};
  for (const [name, value] of Object.entries(results)) {
    if (holds(value, isOutput)) outputs[name] = readValue(value, isOutput, outcome);
    if (holds(value, isMetric)) metrics[name] = readValue(value, isMetric, outcome);
  }
  return { outputs, metrics };
}

const isOutput = (state: RefState) => state.is === "output" || state.is === "given";
const isMetric = (state: RefState) => state.is === "metric";
type Wanted = (state: RefState) => boolean;

/** Whole uses are in both records, and so is a list of nothing. */
function holds(value: unknown, wanted: Wanted): boolean {
  if (Array.isArray(value)) return value.length === 0 || value.some((item) => holds(item, wanted));
  const state = stateOfRef(value);
  return state === undefined || wanted(state);
}

function readValue(value: unknown, wanted: Wanted, outcome: RunOutcome): ResultValue {
  if (Array.isArray(value)) return value.map((item) => readValue(item, wanted, outcome));
  const state = stateOfRef(value);
  if (state !== undefined) return readState(state, outcome);
  const entries = Object.entries(value as object).filter(([, item]) => holds(item, wanted));
  return Object.fromEntries(entries.map(([name, item]) => [name, readValue(item, wanted, outcome)]));
}

function readState(state: RefState, outcome: RunOutcome): ResultValue {
  switch (state.is) {
    case "output":
      return outcome.steps[state.step.name]?.outputs[state.port]?.path;
    case "metric":
      return outcome.steps[state.step.name]?.metrics[state.port];
    case "given":
      return state.source.is === "file"
        ? resolve(fileURLToPath(state.source.folder), state.source.path)
        : state.source.uri;
    case "parameter":
      return undefined;
  }
}
