/** Chooses how a run is shown. */
import type { Reporter } from "../core/ports/reporter.ts";
import { choosePaint } from "./paint.ts";
import type { ReporterSurface } from "./reporter_surface.ts";
import type { ColorChoice, RunFlags } from "./run_flags.ts";
import { processSinks, type TextSink } from "./text_sink.ts";

export interface ReporterOptions {
  /** The process's own when absent. */
  readonly sinks?: { readonly stdout: TextSink; readonly stderr: TextSink };
  /** `Deno.cwd()` when absent. */
  readonly workingFolder?: string;
  /** Looks an environment variable up. */
  readonly variable?: (name: string) => string | undefined;
}

/**
 * Events as JSON with `json`; failures and a last line with `quiet`; a live view where standard error is a terminal;
 * plain lines elsewhere and with `verbose`.
 *
 * It shows failures as well: who runs a pipeline only turns the status into an exit code.
 */
export async function openReporter(
  flags: Pick<RunFlags, "json" | "quiet" | "verbose" | "color">,
  options: ReporterOptions = {},
): Promise<Reporter> {
  const surface = surfaceOf(flags.color, options);
  const { stdout, stderr } = surface;
  const { variable = Deno.env.get } = options;
  if (flags.json) return (await import("./json_reporter.ts")).jsonReporter(stdout);
  if (flags.quiet) return (await import("./quiet_reporter.ts")).quietReporter(surface);
  const isLive = stderr.isTerminal && !flags.verbose && variable("TERM") !== "dumb";
  if (isLive) return (await import("./live_reporter.ts")).liveReporter(surface);
  return (await import("./plain_reporter.ts")).plainReporter(surface, { verbose: flags.verbose });
}

/** The same for a run of an MLflow project, whose process's output is shown as it comes. */
export async function openProjectReporter(
  flags: Pick<RunFlags, "json" | "quiet" | "color">,
  options: ReporterOptions = {},
): Promise<Reporter> {
  const surface = surfaceOf(flags.color, options);
  if (flags.json) return (await import("./json_reporter.ts")).jsonReporter(surface.stdout);
  if (flags.quiet) return (await import("./quiet_reporter.ts")).quietReporter(surface);
  return (await import("./project_reporter.ts")).projectReporter(surface);
}

function surfaceOf(
  color: ColorChoice,
  { sinks = processSinks(), workingFolder = Deno.cwd(), variable = Deno.env.get }: ReporterOptions,
): ReporterSurface {
  const { stdout, stderr } = sinks;
  return {
    stdout,
    stderr,
    paintOutput: choosePaint(color, stdout.isTerminal, variable),
    paintError: choosePaint(color, stderr.isTerminal, variable),
    workingFolder,
  };
}

/** Each event to all of them, in their order. */
export function joinReporters(...reporters: readonly Reporter[]): Reporter {
  return {
    report(event) {
      for (const reporter of reporters) reporter.report(event);
    },
    async close() {
      for (const reporter of reporters) await reporter.close();
    },
  };
}
