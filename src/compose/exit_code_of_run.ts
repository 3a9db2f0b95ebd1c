/** From a run that may be interrupted to the exit code of the program. */
import { SluiceError } from "../core/error.ts";
import { processSinks } from "../terminal/text_sink.ts";
import { onInterruption } from "./interruption.ts";
import { writeFailure } from "./run_to_exit.ts";

/**
 * 0 for a run that finished, 1 for one that did not, and after a signal that of `Interruption`, whose refusals are written
 * here. Throws what `run` throws otherwise.
 */
export async function exitCodeOfRun(
  run: (signal: AbortSignal) => Promise<{ readonly status: string }>,
): Promise<number> {
  const interruption = onInterruption();
  try {
    const { status } = await run(interruption.signal);
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
