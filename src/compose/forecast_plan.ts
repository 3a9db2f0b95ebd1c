/** What will become of the steps of a plan, asked of the user's cache and the project's tracker. */
import type { Cause, Forecast } from "../core/cause.ts";
import type { StepReport } from "../core/event.ts";
import type { Plan } from "../core/plan.ts";
import type { Cache } from "../core/ports/cache.ts";
import type { Environments } from "../core/ports/environments.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { type ForecastOptions, type OpenForecast, openForecast } from "../plan/forecast.ts";
import { addLines } from "./forecast_lines.ts";
import { openLookups } from "./forecast_lookups.ts";

/** Where a forecast looks: a session has it all. */
export interface ForecastSession {
  readonly cache: () => Promise<Cache>;
  readonly environments: () => Promise<Environments>;
  readonly openTracker: (create: boolean) => Promise<Tracker>;
}

/** Of all steps. Makes nothing; the tracker is opened when a step is not cached, and one that cannot be read is let be. */
export async function forecastPlan(
  plan: Plan,
  session: ForecastSession,
  options: ForecastOptions = {},
): Promise<Forecast> {
  const { of } = await openPlanForecast(plan, session, { ...options, steps: plan.steps.length });
  return await of(plan.steps.map((step) => step.name));
}

/** Of some steps at a time: what these need is asked, and nothing twice. `steps` says how many will be asked for. */
export async function openPlanForecast(
  plan: Plan,
  session: ForecastSession,
  { useCache = true, steps }: ForecastOptions & { readonly steps: number },
): Promise<OpenForecast> {
  const cache = await session.cache();
  const lookups = openLookups({
    pipeline: plan.pipeline,
    cache,
    environments: await session.environments(),
    openTracker: () => session.openTracker(false),
    steps,
  });
  const { of, uncertain } = openForecast(plan, lookups, { useCache });
  return { of: async (names) => await addLines(await of(names), plan, cache), uncertain };
}

/**
 * Why steps of a run that has ended were executed, by step: what differs from the run before it. Steps that were cached
 * or never started are left out.
 */
export async function explainExecuted(
  plan: Plan,
  reports: readonly StepReport[],
  session: ForecastSession,
  { useCache = true }: ForecastOptions = {},
): Promise<ReadonlyMap<string, readonly Cause[]>> {
  const executed = reports.filter(({ key, outcome }) =>
    key !== undefined && (outcome.is === "finished" || outcome.is === "failed" || outcome.is === "killed")
  );
  if (executed.length === 0) return new Map();
  const cache = await session.cache();
  const { explainReport } = await import("../plan/forecast_report.ts");
  const lookups = openLookups({
    pipeline: plan.pipeline,
    cache,
    environments: await session.environments(),
    openTracker: () => session.openTracker(false),
    steps: executed.length,
    except: new Set(reports.map(({ runId }) => runId)),
  });
  const steps = new Map(plan.steps.map((step) => [step.name, step]));
  const causes = new Map<string, readonly Cause[]>();
  for (const { step, key } of executed) {
    causes.set(step, await explainReport(steps.get(step)!, key!, lookups, useCache));
  }
  return causes;
}
