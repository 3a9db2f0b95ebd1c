/** Runs or shows what the command line asked for: what a pipeline file and `sluice run` both do. */
import type { PipelineDefinition } from "../core/pipeline.ts";
import type { RunRequest } from "../core/run.ts";
import type { RunFlags } from "../terminal/run_flags.ts";

/** Gives the exit code. Throws a `SluiceError` for what is wrong before a run begins. */
export async function runCommand(
  definition: PipelineDefinition,
  request: RunRequest,
  flags: RunFlags,
): Promise<number> {
  const { executeRequest, planRequest } = await import("./execute_request.ts");
  if (flags.dryRun) {
    await showPlan(await planRequest(definition, request, flags), flags);
    return 0;
  }
  const { openReporter } = await import("../terminal/reporter.ts");
  const { onInterruption } = await import("./interruption.ts");
  const reporter = openReporter(flags);
  const interruption = onInterruption();
  try {
    const { status } = await executeRequest(definition, request, {
      ...flags,
      reporter,
      signal: interruption.signal,
    });
    return interruption.exitCode() ?? (status === "finished" ? 0 : 1);
  } finally {
    interruption.close();
    await reporter.close();
  }
}

async function showPlan(
  plan: Awaited<ReturnType<typeof import("./execute_request.ts")["planRequest"]>>,
  flags: RunFlags,
) {
  if (flags.json) {
    const { canonicalJson } = await import("../core/canonical_json.ts");
    console.log(canonicalJson(plan));
    return;
  }
  const { dryRunText } = await import("../terminal/dry_run_text.ts");
  console.log(dryRunText(plan));
}
