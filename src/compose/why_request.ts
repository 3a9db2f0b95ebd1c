/** Whether one step would run now, and exactly why: what `sluice why` shows. */
import type { Why, WhyStep } from "../core/cause.ts";
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
    const needed = new Set(reach.steps.map((use) => use.name));
    const steps = resolved.reach.steps.filter((use) => needed.has(use.name));
    const asked = steps.find((use) => use.name === step);
    if (asked === undefined) refuse(unreachedStep(definition, step, resolved.entryPoint));
    const because = asked.conditions.find((name) => resolved.parameters[name] !== true);
    if (because !== undefined) return { is: "skipped", because };
    const narrowed: ResolvedRequest = { ...resolved, reach: { ...resolved.reach, steps } };
    const { plan } = await planResolved(definition, narrowed, session);
    return { is: "forecast", chain: await followChain(plan, step, session, options) };
  } finally {
    await session.close();
  }
}

/** STEP_UNKNOWN, with the nearest name: of steps that begin so, the first. */
export function unknownStep(definition: PipelineDefinition, step: string): Failure {
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

/** At most this many steps are followed: further up, the next question is better asked of one of them. */
const longestChain = 50;

/** Of a step that depends on several, each is followed; each is told once. */
async function followChain(
  plan: Plan,
  step: string,
  session: Session,
  { useCache }: RunOptions,
): Promise<WhyStep[]> {
  const forecastOf = await openPlanForecast(plan, session, { useCache, steps: 1 });
  const chain: WhyStep[] = [];
  const told = new Set([step]);
  for (let open = [step]; open.length > 0 && chain.length < longestChain;) {
    const forecast = await forecastOf(open);
    const next: string[] = [];
    for (const [name, each] of forecast) {
      chain.push({ step: name, forecast: each });
      if (each.is !== "depends") continue;
      for (const other of each.on) {
        if (!told.has(other)) next.push(other);
        told.add(other);
      }
    }
    open = next.slice(0, longestChain);
  }
  // From the step that was asked about to where it all begins.
  const place = new Map(plan.steps.map(({ name }, index) => [name, index]));
  return chain.sort((a, b) => place.get(b.step)! - place.get(a.step)!);
}
