/** Errors of a run that are no bugs, as what they are. */
import { refuse } from "../core/error.ts";
import { machineFailure } from "../core/system_error.ts";
import { TrackingError } from "../core/tracking.ts";
import { isOfInterruption } from "./interruption.ts";

/**
 * Throws RUN_INTERRUPTED, what the machine fails with, and TRACKER_REFUSED; any other error as it is. `choices` are the
 * options by which another experiment or name is chosen.
 */
export function refuseRun(
  error: unknown,
  { entryPoint, signal, choices }: {
    readonly entryPoint: string;
    readonly signal: AbortSignal | undefined;
    readonly choices: string;
  },
): never {
  if (signal?.aborted && isOfInterruption(error)) {
    refuse({ code: "RUN_INTERRUPTED", message: `Run of entry point \`${entryPoint}\` was stopped` });
  }
  const failure = machineFailure(error, `Cannot go on with entry point \`${entryPoint}\``);
  if (failure !== undefined) refuse(failure);
  if (!(error instanceof TrackingError)) throw error;
  return refuse({
    code: "TRACKER_REFUSED",
    message: `Cannot record the run as the tracker refuses: ${error.message}`,
    hint: `See what it names; ${choices}`,
  });
}
