import assert from "node:assert/strict";
import { z } from "zod";
import { SluiceError } from "../core/error.ts";
import { TrackingError } from "../core/tracking.ts";
import { answerFailure } from "./answer.ts";

const sluice = (code: "TRACKER_LOCKED" | "TRACKER_DAMAGED") =>
  new SluiceError({ code, message: "Cannot write", hint: "Wait" });

/** MLflow's client repeats 500 and 503 and hides what they say; so only what may pass is one of them. */
for (
  const [name, error, status, code, message] of [
    ["what is missing", new TrackingError("RESOURCE_DOES_NOT_EXIST", "No run"), 404, undefined, "No run"],
    ["what is there already", new TrackingError("RESOURCE_ALREADY_EXISTS", "A run"), 400, undefined, "A run"],
    ["what is not allowed", new TrackingError("PERMISSION_DENIED", "Not yours"), 403, undefined, "Not yours"],
    ["a state that forbids it", new TrackingError("INVALID_STATE", "Deleted"), 507, undefined, "Deleted"],
    ["a store that is locked", sluice("TRACKER_LOCKED"), 503, "INTERNAL_ERROR", "Cannot write"],
    ["a store that is damaged", sluice("TRACKER_DAMAGED"), 507, "INTERNAL_ERROR", "Cannot write"],
    [
      "a body of another shape",
      z.object({ a: z.object({ b: z.string() }) }).safeParse({ a: { b: 1 } }).error,
      400,
      "INVALID_PARAMETER_VALUE",
      "Invalid or missing value for parameter 'a.b': Invalid input: expected string, received number",
    ],
    [
      "a mistake of ours",
      new TypeError("x is undefined"),
      500,
      "INTERNAL_ERROR",
      "The server met an error of its own",
    ],
  ] as const
) {
  Deno.test(`${name} is answered with ${status}`, async () => {
    const bugs: unknown[] = [];
    const response = answerFailure(error, (bug) => bugs.push(bug));
    assert.equal(response.status, status);
    assert.deepEqual(await response.json(), {
      error_code: code ?? (error as TrackingError).code,
      message,
    });
    assert.deepEqual(bugs, error instanceof TypeError ? [error] : []);
  });
}
