/** Runs or shows what the command line asked for: what a pipeline file and `sluice run` both do. */
import { dirname } from "node:path";
import type { Cause } from "../core/cause.ts";
import { SluiceError } from "../core/error.ts";
import { fileURLToPath } from "../core/file_url.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import type { RunRequest } from "../core/run.ts";
import { joinReporters, openReporter } from "../terminal/reporter.ts";
import { executeRequest } from "./execute_request.ts";
import type { ForecastedPlan } from "./forecast_request.ts";
import { exitCodeOfRun } from "./exit_code_of_run.ts";
import type { RunFlags } from "../terminal/run_flags.ts";
import { processSinks, writeLines } from "../terminal/text_sink.ts";

/**
 * Gives the exit code: 0 for a run that finished or a plan that was shown, 1 for a run that did not finish, and after a
 * signal that of `Interruption`. Throws a `SluiceError` for what is wrong before a run begins.
 */
export async function runCommand(
  definition: PipelineDefinition,
  request: RunRequest,
  flags: RunFlags,
): Promise<number> {
  const summaries = await openAskedSummaries(definition, request, flags);
  if (flags.dryRun) {
    const { forecastRequest } = await import("./forecast_request.ts");
    await showPlan(await forecastRequest(definition, request, flags), flags);
    return 0;
  }
  const shown = await openReporter(flags);
  const reporter = summaries === undefined ? shown : joinReporters(shown, summaries);
  const causes = flags.verbose && !flags.json && !flags.quiet ? { onCauses: await openCauseLines() } : {};
  return await exitCodeOfRun((signal) =>
    executeRequest(definition, request, { ...flags, ...causes, reporter, signal })
      .catch((error) => {
        if (error instanceof SluiceError) summaries?.refused(error.failure);
        throw error;
      })
      .finally(() => reporter.close())
  );
}

/** Below the closing lines: what has changed since each executed step's last run. */
async function openCauseLines() {
  const { executedLines } = await import("../terminal/cause_text.ts");
  return (causes: ReadonlyMap<string, readonly Cause[]>) => {
    writeLines(processSinks().stderr, executedLines(causes));
  };
}

/** Refuses files that cannot be written, before anything runs. */
async function openAskedSummaries(definition: PipelineDefinition, request: RunRequest, flags: RunFlags) {
  if (flags.summaries.length === 0) return undefined;
  const [{ openSummaries }, { findGitCommit }] = await Promise.all([
    import("../terminal/summary_reporter.ts"),
    import("./git_checkout.ts"),
  ]);
  const gitCommit = findGitCommit(dirname(fileURLToPath(definition.module)));
  return await openSummaries(flags.summaries, {
    pipeline: definition.name,
    entryPoint: request.entryPoint,
    workingFolder: Deno.cwd(),
    ...(gitCommit === undefined ? {} : { gitCommit }),
  }, (name) => Deno.env.get(name));
}

async function showPlan({ plan, forecast }: ForecastedPlan, flags: RunFlags) {
  const { stdout } = processSinks();
  if (flags.json) return (await import("../terminal/forecast_json.ts")).writePlanJson(plan, forecast, stdout);
  const { dryRunLines } = await import("../terminal/dry_run_text.ts");
  writeLines(stdout, dryRunLines(plan, forecast));
}
