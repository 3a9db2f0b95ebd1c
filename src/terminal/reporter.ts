/** Chooses how a run is shown. */
import type { Reporter } from "../core/ports.ts";
import { jsonReporter } from "./json_reporter.ts";
import { liveReporter } from "./live_reporter.ts";
import { choosePaint } from "./paint.ts";
import { plainReporter } from "./plain_reporter.ts";
import { quietReporter } from "./quiet_reporter.ts";
import type { ReporterSurface } from "./reporter_surface.ts";
import type { RunFlags } from "./run_flags.ts";
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
export function openReporter(
  flags: Pick<RunFlags, "json" | "quiet" | "verbose" | "color">,
  { sinks = processSinks(), workingFolder = Deno.cwd(), variable = Deno.env.get }: ReporterOptions = {},
): Reporter {
  const { stdout, stderr } = sinks;
  if (flags.json) return jsonReporter(stdout);
  const surface: ReporterSurface = {
    stdout,
    stderr,
    paintOutput: choosePaint(flags.color, stdout.isTerminal, variable),
    paintError: choosePaint(flags.color, stderr.isTerminal, variable),
    workingFolder,
  };
  if (flags.quiet) return quietReporter(surface);
  const isLive = stderr.isTerminal && !flags.verbose && variable("TERM") !== "dumb";
  return isLive ? liveReporter(surface) : plainReporter(surface, { verbose: flags.verbose });
}
