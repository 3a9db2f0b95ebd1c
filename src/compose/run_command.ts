/** Runs or shows what the command line asked for: what a pipeline file and `sluice run` both do. */
import { SluiceError } from "../core/error.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import type { Plan } from "../core/plan.ts";
import type { RunRequest } from "../core/run.ts";
import { openReporter } from "../terminal/reporter.ts";
import { executeRequest } from "./execute_request.ts";
import { onInterruption } from "./interruption.ts";
import type { RunFlags } from "../terminal/run_flags.ts";
import { processSinks } from "../terminal/text_sink.ts";
import { writeFailure } from "./run_to_exit.ts";

/** Gives the exit code. Throws a `SluiceError` for what is wrong before a run begins. */
export async function runCommand(
  definition: PipelineDefinition,
  request: RunRequest,
  flags: RunFlags,
): Promise<number> {
  if (flags.dryRun) {
    const { planRequest } = await import("./plan_request.ts");
    await showPlan(await planRequest(definition, request, flags), flags);
    return 0;
  }
  const reporter = await openReporter(flags);
  const interruption = onInterruption();
  const { signal } = interruption;
  try {
    const { status } = await executeRequest(definition, request, { ...flags, reporter, signal })
      .finally(() => reporter.close());
    return interruption.exitCode() ?? (status === "finished" ? 0 : 1);
  } catch (error) {
    const code = interruption.exitCode();
    if (code === undefined || !(error instanceof SluiceError)) throw error;
    writeFailure(error.failure, processSinks().stderr);
    return code;
  } finally {
    interruption.close();
  }
}

async function showPlan(
  plan: Plan,
  flags: RunFlags,
) {
  const text = flags.json
    ? (await import("../core/canonical_json.ts")).canonicalJson(plan)
    : (await import("../terminal/dry_run_text.ts")).dryRunText(plan);
  processSinks().stdout.write(`${text}\n`);
}
