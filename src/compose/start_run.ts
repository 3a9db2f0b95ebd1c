/** `pipeline.run()`: a run started from a program. */
import { refuse } from "../core/error.ts";
import type { StartRun } from "../core/run.ts";
import type { Reporter } from "../core/ports.ts";
import { executeRequest } from "./execute_request.ts";

/** Nobody watches. */
export const silentReporter: Reporter = { report: () => {}, close: () => Promise.resolve() };

/** Throws a `SluiceError` when the run does not finish. */
export const startRun: StartRun = async (definition, request, options) => {
  const { status, outcome, failure } = await executeRequest(definition, request, {
    ...options,
    reporter: silentReporter,
  });
  if (status === "finished") return outcome;
  return refuse(
    failure ?? { code: "RUN_FAILED", message: `Run ${outcome.runId} of "${definition.name}" failed` },
  );
};
