/** Whether one step would run now, and exactly why: what `sluice why` shows. */
import type { StepForecast, Why, WhyStep } from "../core/cause.ts";
import { findReach } from "../core/entry_point.ts";
import { type Failure, refuse, unwrap } from "../core/error.ts";
import { showValue } from "../core/parameter.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import type { Plan } from "../core/plan.ts";
import type { RunOptions, RunRequest } from "../core/run.ts";
import { suggest } from "../core/suggest.ts";
import { resolveArguments, type ResolvedRequest } from "../plan/resolve_arguments.ts";
import { openPlanForecast } from "./forecast_plan.ts";
import { openSession, planResolved, type Session } from "./session.ts";

/** Of the pipeline no more is planned than the step needs. Fails with STEP_UNKNOWN and as a plan does. */
export async function whyRequest(
  definition: PipelineDefinition,
  step: string,
  request: RunRequest,
  options: RunOptions,
): Promise<Why> {
  const reach = findReach(definition, step);
  if (reach === undefined || !definition.steps.some((use) => use.name === step)) {
    refuse(unknownStep(definition, step));
  }
  const session = openSession(definition, options);
  try {
    const resolved = unwrap(resolveArguments(definition, request, session.workingFolder));
    if (options.locked) await (await import("./lock_check.ts")).checkLocked(definition, session);
    const needed = new Set(reach.steps.map((use) => use.name));
    const steps = resolved.reach.steps.filter((use) => needed.has(use.name));
    const asked = steps.find((use) => use.name === step);
    if (asked === undefined) refuse(unreachedStep(definition, step, resolved.entryPoint));
    const because = asked.conditions.find((name) => resolved.parameters[name] !== true);
    if (because !== undefined) return { is: "skipped", because };
    const narrowed: ResolvedRequest = { ...resolved, reach: { ...resolved.reach, steps } };
    const { plan } = await planResolved(definition, narrowed, session);
    return await followChain(plan, step, session, options);
  } finally {
    await session.close();
  }
}

/** STEP_UNKNOWN, with the nearest name: of steps that begin so, the first. */
function unknownStep(definition: PipelineDefinition, step: string): Failure {
  const names = definition.steps.map((use) => use.name);
  const beginning = step === "" ? [] : names.filter((name) => name.startsWith(step));
  return {
    code: "STEP_UNKNOWN",
    message: `Cannot tell of step \`${
      showValue(step)
    }\` as pipeline "${definition.name}" has none of that name`,
    at: definition.place,
    hint: beginning.length === 1
      ? `Did you mean \`${beginning[0]}\`?`
      : suggest(step, "Steps", beginning.length > 1 ? beginning : names),
  };
}

function unreachedStep(definition: PipelineDefinition, step: string, entryPoint: string): Failure {
  return {
    code: "STEP_UNKNOWN",
    message: `Cannot tell of step \`${step}\` as entry point \`${entryPoint}\` does not run it`,
    at: definition.place,
    hint: "Leave out --entry-point, or name one that runs it",
  };
}

/** Of a longer chain only its beginning is followed, and then told where it all begins. */
const longestChain = 12;

/** Of a step that depends on several, each is followed; each is told once. */
async function followChain(
  plan: Plan,
  step: string,
  session: Session,
  { useCache }: RunOptions,
): Promise<Why> {
  const forecast = await openPlanForecast(plan, session, { useCache, steps: 1 });
  const told = new Map<string, StepForecast>();
  const tell = async (names: readonly string[]) => {
    for (const [name, each] of await forecast.of(names)) told.set(name, each);
  };
  let open = [step];
  while (open.length > 0 && told.size < longestChain) {
    await tell(open.slice(0, longestChain));
    const next = open.flatMap((name) => dependsOn(told.get(name)));
    open = [...new Set(next)].filter((name) => !told.has(name));
  }
  const uncertain = forecast.uncertain(step);
  const origins = uncertain.filter((each) => each.isOrigin && !told.has(each.step)).map((each) => each.step);
  if (open.length > 0) await tell(origins.slice(0, longestChain));
  // From the step that was asked about to where it all begins.
  const place = new Map(plan.steps.map(({ name }, index) => [name, index]));
  const chain = [...told].map(([name, each]): WhyStep => ({ step: name, forecast: each }))
    .sort((a, b) => place.get(b.step)! - place.get(a.step)!);
  const omitted = open.length === 0 ? 0 : uncertain.length - chain.length;
  return { is: "forecast", chain, ...(omitted > 0 ? { omitted } : {}) };
}

const dependsOn = (forecast: StepForecast | undefined): readonly string[] =>
  forecast?.is === "depends" ? forecast.on : [];
