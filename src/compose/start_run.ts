/** `pipeline.run()`: a run started from a program. */
import { refuse } from "../core/error.ts";
import type { StartRun } from "../core/run.ts";
import type { Reporter } from "../core/ports/reporter.ts";
import { executeRequest } from "./execute_request.ts";

/** Nobody watches. */
export const silentReporter: Reporter = { report: () => {}, close: () => Promise.resolve() };

/** Throws a `SluiceError` when the run does not finish. */
export const startRun: StartRun = async (definition, request, options) => {
  const interruption = withoutReason(options.signal);
  const { status, outcome, failure } = await executeRequest(definition, request, {
    ...options,
    signal: interruption.signal,
    reporter: silentReporter,
  }).finally(interruption.close);
  if (status === "finished") return outcome;
  return refuse(
    failure ?? { code: "RUN_FAILED", message: `Run ${outcome.runId} of "${definition.name}" failed` },
  );
};

/** A caller may abort with anything as its reason, a time that is over for one: on its way up every abort is the same. */
function withoutReason(given: AbortSignal | undefined): { readonly signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (given?.aborted) abort();
  given?.addEventListener("abort", abort, { once: true });
  return { signal: controller.signal, close: () => given?.removeEventListener("abort", abort) };
}
