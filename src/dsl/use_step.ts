/** Using a step: one more vertex of the graph under way, and references to what it will make. */
import {
  type Argument,
  type Binding,
  sourcesOf,
  type StepDefinition,
  type StepUse,
} from "../core/pipeline.ts";
import { placeAs } from "../core/place.ts";
import { bindAfter, type Binder, bindInput, bindParameter, checkGiven, refuseMissing } from "./bind.ts";
import { callSiteOf } from "./call_site.ts";
import { makeRef, makeUse, type UseState } from "./reference.ts";
import { claimName, currentScope, familyOf, type Scope } from "./wiring.ts";

/** `called` is the function the user called. Fails as `bind.ts` and `claimName` do. */
export function useStep(
  definition: StepDefinition,
  givenName: unknown,
  wires: unknown,
  order: unknown,
  called: (...given: never[]) => unknown,
): unknown {
  const site = callSiteOf(called);
  const scope = currentScope(`step \`${definition.name}\``, site);
  const local = claimName(scope, givenName, definition, site);
  const name = `${scope.path}${local}`;
  const binder: Binder = { scope, name, place: () => site.place };
  const { parameters, inputs } = definition;
  const given = checkGiven(
    binder,
    wires,
    (key) => key in parameters || key in inputs,
    () => [...Object.keys(inputs), ...Object.keys(parameters)],
  );
  const boundInputs: Record<string, Binding> = {};
  for (const input in inputs) boundInputs[input] = bindInput(binder, input, inputs[input]!, given[input]);
  const bound: Record<string, Argument> = {};
  for (const parameter in parameters) {
    bound[parameter] = bindOrOpen(binder, definition, parameter, given[parameter]);
  }
  const after = bindAfter(binder, order);
  const family = familyOf(scope, local);
  const unplaced: Omit<StepUse, "place"> = {
    name,
    definition,
    arguments: bound,
    inputs: boundInputs,
    after: isFirst(scope, bound, boundInputs) ? [...new Set([...scope.after, ...after])] : after,
    conditions: scope.conditions,
    ...(family === undefined ? {} : { family }),
  };
  if (scope.isThere) scope.graph.steps.push(placeAs(unplaced, site));
  return resultsOf(definition, {
    owner: scope.graph,
    name,
    steps: scope.isThere ? [name] : [],
    isPipeline: false,
    conditions: scope.conditions,
    isThere: scope.isThere,
  });
}

/** A parameter that is given nothing can be set as `train.seed`. */
function bindOrOpen(binder: Binder, definition: StepDefinition, parameter: string, given: unknown): Argument {
  const spec = definition.parameters[parameter]!;
  if (given !== undefined) return bindParameter(binder, parameter, spec, given);
  if (spec.default === undefined) return refuseMissing(binder, parameter);
  const name = `${binder.name}.${parameter}`;
  if (binder.scope.isThere) binder.scope.graph.parameters.set(name, spec);
  return { is: "parameter", name };
}

/** Whether a step of a pipeline within another needs none of its steps: what the pipeline comes after, it does. */
function isFirst(
  scope: Scope,
  bound: Readonly<Record<string, Argument>>,
  inputs: Readonly<Record<string, Binding>>,
): boolean {
  if (scope.after.length === 0) return false;
  const isInside = (step: string) => step.startsWith(scope.path);
  return !Object.values(bound).some((argument) => argument.is === "metric" && isInside(argument.step)) &&
    !Object.values(inputs).some((binding) =>
      sourcesOf(binding).some((source) => source.is === "output" && isInside(source.step))
    );
}

function resultsOf(definition: StepDefinition, state: UseState): unknown {
  const results: Record<string, unknown> = {};
  for (const port in definition.outputs) {
    const kind = definition.outputs[port]!;
    results[port] = makeRef({ is: "output", owner: state.owner, step: state, port, kind });
  }
  for (const port of definition.metrics) {
    results[port] = makeRef({ is: "metric", owner: state.owner, step: state, port });
  }
  return makeUse(state, results);
}
