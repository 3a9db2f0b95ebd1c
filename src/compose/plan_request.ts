/** From a request to a plan: what `sluice plan --as mlproject` shows. */
import { unwrap } from "../core/error.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import type { Plan } from "../core/plan.ts";
import type { RunOptions, RunRequest } from "../core/run.ts";
import { resolveArguments } from "../plan/resolve_arguments.ts";
import { openSession, planResolved } from "./session.ts";

/**
 * The plan for a request, without making or running anything; needs no tracker but for registered models. Fails as
 * the run would before its first step.
 */
export async function planRequest(
  definition: PipelineDefinition,
  request: RunRequest,
  options: RunOptions,
): Promise<Plan> {
  const session = openSession(definition, options);
  try {
    const resolved = unwrap(resolveArguments(definition, request, session.workingFolder));
    if (options.locked) await (await import("./lock_check.ts")).checkLocked(definition, session);
    return (await planResolved(definition, resolved, session)).plan;
  } finally {
    await session.close();
  }
}
