/** Forecasts what will become of each step: whether its result is there, and if not, why. Decides; asks through `Lookups`. */
import type { Cause, Forecast, NotCached, StepForecast } from "../core/cause.ts";
import type { Digest } from "../core/digest.ts";
import type { EnvironmentContents, EnvironmentSpec } from "../core/environment.ts";
import { mapValues } from "../core/map_values.ts";
import { inputsOf, type Plan, type PlannedStep } from "../core/plan.ts";
import { isAtLeast } from "../core/sandbox_tier.ts";
import {
  type ArgumentPart,
  type Before,
  type InputPart,
  keyOf,
  type KeyParts,
  keyParts,
} from "../core/step_key.ts";
import { keyOfStep } from "../core/step_key_text.ts";
import { type KeyRecord, resultVersion, type StepResult } from "../core/step_result.ts";
import type { MlflowRunStatus } from "../core/tracking.ts";
import { explain } from "./explain.ts";

/** The last run of a step, as the tracker has it. */
export interface LastRun {
  readonly runId: string;
  readonly status: MlflowRunStatus;
  /** The key it ran with; absent where it never had one, or was recorded before there were such keys. */
  readonly key?: Digest;
}

/** At once where it is known: a promise for each of many steps takes its time. */
type Answered<T> = T | Promise<T>;

/** What a forecast asks of the world; each is asked only where the answer counts. */
export interface Lookups {
  readonly find: (key: Digest) => StepResult | undefined;
  readonly findRecord: (key: Digest) => Promise<KeyRecord | undefined>;
  /** Null where the tracker has none; undefined where it cannot be read. */
  readonly lastRun: (step: string) => Answered<LastRun | null | undefined>;
  readonly contents: (spec: EnvironmentSpec) => Promise<EnvironmentContents | undefined>;
}

export interface ForecastOptions {
  /** Whether the run would take kept results. True by default. */
  readonly useCache?: boolean | undefined;
}

/** For some steps at a time: of the others no more is asked than these need, and nothing twice. */
export interface OpenForecast {
  /** In the order of the plan. */
  of(names: readonly string[]): Promise<Forecast>;
  /** The steps that `name` needs and that are not cached for certain, in the order of the plan. */
  uncertain(name: string): readonly Uncertain[];
}

export interface Uncertain {
  readonly step: string;
  /** Whether all that it reads is there for certain: then it runs for a reason of its own. */
  readonly isOrigin: boolean;
}

/**
 * A step whose inputs are all taken from kept results has a key for certain. Where a step before it will run, it is
 * assumed to come out as in the last run of the step that reads it: if that key's result is kept, the step `depends`.
 */
export function openForecast(
  plan: Plan,
  lookups: Lookups,
  { useCache = true }: ForecastOptions = {},
): OpenForecast {
  const certain = new Map<string, StepResult>();
  const settled = new Set<string>();
  const context: Context = { plan, lookups, certain, weaker: new Map(), useCache };
  const settle = (names: readonly string[]): readonly PlannedStep[] => {
    const needed = neededSteps(plan, names);
    const steps = plan.steps.filter((step) => needed.has(step.name));
    for (const step of steps) {
      if (settled.has(step.name)) continue;
      settled.add(step.name);
      const result = findCertain(step, context);
      if (result !== undefined) certain.set(step.name, result);
    }
    return steps;
  };
  return {
    async of(names) {
      const asked = new Set(names);
      const forecasts = new Map<string, StepForecast>();
      for (const step of settle(names)) {
        if (!asked.has(step.name)) continue;
        const result = certain.get(step.name);
        const told: StepForecast = result === undefined
          ? await forecastUncertain(step, context)
          : { is: "cached", runId: result.madeBy.runId };
        forecasts.set(step.name, told);
      }
      return forecasts;
    },
    uncertain(name) {
      return settle([name]).filter((step) => !certain.has(step.name)).map((step) => ({
        step: step.name,
        isOrigin: sourceSteps(step).every((source) => certain.has(source)),
      }));
    },
  };
}

interface Context {
  readonly plan: Plan;
  readonly lookups: Lookups;
  /** Results of the steps that will not run, whatever happens. */
  readonly certain: ReadonlyMap<string, StepResult>;
  /** Results that would be taken, had they been made with as much to hold the step as is wanted now. */
  readonly weaker: Map<string, StepResult>;
  readonly useCache: boolean;
}

/** What will be taken for a step, if all before it is taken as well. */
function findCertain(
  step: PlannedStep,
  { lookups, certain, weaker, useCache }: Context,
): StepResult | undefined {
  if (notCached(step, useCache) !== undefined) return undefined;
  if (!sourceSteps(step).every((name) => certain.has(name))) return undefined;
  const result = lookups.find(keyOfStep(step, byContent(certain)));
  if (result === undefined || isAtLeast(result.sandbox, step.sandbox)) return result;
  weaker.set(step.name, result);
  return undefined;
}

/** A step that is not known to be cached. */
async function forecastUncertain(step: PlannedStep, context: Context): Promise<StepForecast> {
  const { lookups, certain, weaker } = context;
  const reason = notCached(step, context.useCache);
  const asked = lookups.lastRun(step.name);
  const last = asked instanceof Promise ? await asked : asked;
  if (last === null && reason !== undefined) return willRun(notCachedCauses[reason], neverRan);
  const before = last?.key === undefined ? undefined : await lookups.findRecord(last.key);
  const on = sourceSteps(step).filter((name) => !certain.has(name));
  let parts: KeyParts | undefined;
  const assumed = () => parts ??= assume(keyParts(step, byContent(certain)), step, certain, before?.parts);
  const first: Cause[] = reason === undefined ? [] : [notCachedCauses[reason]];
  if (reason === undefined) {
    // Where all is known, its own key has been asked for.
    const result = on.length === 0
      ? weaker.get(step.name)
      : isKnown(assumed())
      ? lookups.find(keyOf(assumed()))
      : undefined;
    if (result !== undefined && isAtLeast(result.sandbox, step.sandbox)) return { is: "depends", on };
    if (result !== undefined) {
      first.push({ is: "weaker-sandbox", made: result.sandbox, wanted: step.sandbox });
    }
  }
  return willRun(...first, ...await compare(step, { last, before, parts: assumed }, context, first));
}

const willRun = (...causes: Cause[]): StepForecast => ({ is: "will-run", causes });
const neverRan: Cause = { is: "never-ran" };
const notCachedCause = (because: NotCached): Cause => ({ is: "not-cached", because });
const notCachedCauses: Readonly<Record<NotCached, Cause>> = {
  "host-environment": notCachedCause("host-environment"),
  "write-permission": notCachedCause("write-permission"),
  step: notCachedCause("step"),
  run: notCachedCause("run"),
};

interface Compared {
  readonly last: LastRun | null | undefined;
  readonly before: KeyRecord | undefined;
  readonly parts: () => KeyParts;
}

async function compare(
  step: PlannedStep,
  { last, before, parts }: Compared,
  { plan, lookups }: Context,
  known: readonly Cause[],
): Promise<Cause[]> {
  if (last === undefined) return [];
  if (last === null) return [neverRan];
  const { runId, status } = last;
  const ended: Cause[] = status === "FINISHED" ? [] : [{ is: "did-not-finish", runId, status }];
  if (before === undefined) {
    return ended.length > 0 || known.length > 0 ? ended : [{ is: "not-comparable", runId }];
  }
  const sources = plan.sources[step.sources] ?? {};
  const contents = keyOf(before.parts) === keyOf(parts())
    ? undefined
    : await lookups.contents(step.environment);
  const now: KeyRecord = {
    version: resultVersion,
    parts: parts(),
    sources,
    ...(contents === undefined ? {} : { environment: contents }),
  };
  const causes = [...ended, ...explain(before, now, step)];
  return causes.length > 0 || known.length > 0 ? causes : [{ is: "not-kept" }];
}

/** Why no result would be taken, were there one. */
export function notCached(step: PlannedStep, useCache: boolean): NotCached | undefined {
  if (!useCache) return "run";
  if (step.cache) return undefined;
  if (step.environment.kind === "host") return "host-environment";
  return step.permissions.write.length > 0 ? "write-permission" : "step";
}

/** The steps whose outputs or metrics a step reads; those it only waits for change nothing in its key. Sorted. */
function sourceSteps(step: PlannedStep): readonly string[] {
  const names: string[] = [];
  for (const name in step.arguments) {
    const argument = step.arguments[name]!;
    if (argument.is === "metric") names.push(argument.step);
  }
  for (const name in step.inputs) {
    for (const input of inputsOf(step.inputs[name]!)) if (input.is === "output") names.push(input.step);
  }
  return names.length < 2 ? names : [...new Set(names)].sort();
}

/** The steps themselves, and all whose results reach them. */
function neededSteps(plan: Plan, names: readonly string[]): ReadonlySet<string> {
  const needed = new Set(names);
  for (let index = plan.steps.length - 1; index >= 0 && needed.size < plan.steps.length; index--) {
    const step = plan.steps[index]!;
    if (needed.has(step.name)) { for (const name of sourceSteps(step)) needed.add(name); }
  }
  return needed;
}

const notMade: Digest = `sha256:${"0".repeat(64)}`;

/** What is known of earlier steps by content; the others by a reference to nothing. */
function byContent(results: ReadonlyMap<string, StepResult>): Before {
  return {
    output(name, output) {
      const kept = results.get(name)?.outputs[output];
      return kept === undefined ? { of: notMade, output } : { content: kept.digest, name: kept.file };
    },
    metric(name, metric) {
      const point = results.get(name)?.metrics.find(({ key }) => key === metric);
      return point === undefined ? { of: notMade, metric } : { value: Number(point.value) };
    },
  };
}

/** What is not made yet is taken to be as it was in the step's own last run, where that read as many. */
function assume(
  parts: KeyParts,
  step: PlannedStep,
  certain: ReadonlyMap<string, StepResult>,
  before: KeyParts | undefined,
): KeyParts {
  if (before === undefined || sourceSteps(step).every((name) => certain.has(name))) return parts;
  const argumentParts = mapValues(parts.arguments, (part, name): ArgumentPart => {
    const old = before.arguments[name];
    return "of" in part && old !== undefined ? old : part;
  });
  const inputs = mapValues(parts.inputs, (part, name) => {
    const old = before.inputs[name];
    if (part === null || old === null || old === undefined) return part;
    if (!isList(part)) return "of" in part && !isList(old) ? old : part;
    if (!isList(old) || old.length !== part.length) return part;
    return part.map((each, index) => "of" in each ? old[index]! : each);
  });
  return { ...parts, arguments: argumentParts, inputs };
}

const isList = (parts: InputPart | readonly InputPart[]): parts is readonly InputPart[] =>
  Array.isArray(parts);

/** Whether all that comes from earlier steps is known or assumed. */
const isKnown = (parts: KeyParts): boolean =>
  Object.values(parts.arguments).every((part) => !("of" in part)) &&
  Object.values(parts.inputs).every((part) =>
    part === null || (isList(part) ? part : [part]).every((each) => !("of" in each))
  );
