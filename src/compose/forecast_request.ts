/** From a request to a plan and what will become of its steps: what `--dry-run` and `sluice plan` show. */
import type { Forecast } from "../core/cause.ts";
import { unwrap } from "../core/error.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import type { Plan } from "../core/plan.ts";
import type { RunOptions, RunRequest } from "../core/run.ts";
import { resolveArguments } from "../plan/resolve_arguments.ts";
import { forecastPlan } from "./forecast_plan.ts";
import { openSession, planResolved } from "./session.ts";

export interface ForecastedPlan {
  readonly plan: Plan;
  readonly forecast: Forecast;
}

/** Makes and runs nothing. Fails as the run would before its first step. */
export async function forecastRequest(
  definition: PipelineDefinition,
  request: RunRequest,
  options: RunOptions,
): Promise<ForecastedPlan> {
  const session = openSession(definition, options);
  try {
    const resolved = unwrap(resolveArguments(definition, request, session.workingFolder));
    if (options.locked) await (await import("./lock_check.ts")).checkLocked(definition, session);
    const { plan } = await planResolved(definition, resolved, session);
    return { plan, forecast: await forecastPlan(plan, session, { useCache: options.useCache }) };
  } finally {
    await session.close();
  }
}
