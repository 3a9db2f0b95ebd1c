/** Answers in MLflow's shapes: JSON, and errors as JSON with a code and a message, never a stack. */
import { z } from "zod";
import { SluiceError } from "../core/error.ts";
import { type MlflowErrorCode, mlflowErrorStatus, type WireError } from "../core/mlflow_error.ts";
import type { WireObject } from "../core/mlflow_scalars.ts";
import { TrackingError } from "../core/tracking.ts";

/** With the status 200 unless another is named. */
export const answerJson = (body: WireObject): Response => Response.json(body);

/** `status` where it is not the one that belongs to the code. */
export function answerError(code: MlflowErrorCode, message: string, status?: number): Response {
  const body: WireError = { error_code: code, message };
  return Response.json(body, { status: status ?? mlflowErrorStatus[code] });
}

/**
 * MLflow's client repeats a call that is answered with 500 and then says only that there were too many of them.
 * So what will fail again is 507, Insufficient Storage, whose message reaches the user.
 */
const finalFailure = 507;

/** `onBug` hears of whatever is neither a refusal of the tracker nor of a schema. */
export function answerFailure(error: unknown, onBug: (error: unknown) => void): Response {
  if (error instanceof TrackingError) {
    const isServers = mlflowErrorStatus[error.code] === 500;
    return answerError(error.code, error.message, isServers ? finalFailure : undefined);
  }
  if (error instanceof z.ZodError) return answerError("INVALID_PARAMETER_VALUE", describe(error));
  if (error instanceof SluiceError) {
    const { code, message } = error.failure;
    return answerError("INTERNAL_ERROR", message, code === "TRACKER_LOCKED" ? 503 : finalFailure);
  }
  onBug(error);
  return answerError("INTERNAL_ERROR", "The server met an error of its own");
}

function describe(error: z.ZodError): string {
  const first = error.issues[0];
  const name = first?.path.join(".") ?? "";
  return name === ""
    ? `Cannot read the request: ${first?.message}`
    : `Invalid or missing value for parameter '${name}': ${first?.message}`;
}
