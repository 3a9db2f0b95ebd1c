/** What went wrong, as data: a code, a sentence, a place, a hint. Codes are listed here once and never reused. */
import { formatPlace, type Place } from "./place.ts";

/** Every failure a user can meet, with the exit code it ends the program with. */
export const codes = {
  // What a pipeline file says.
  NAME_INVALID: 2,
  NAME_COLLISION: 2,
  STEP_OUTSIDE_PIPELINE: 2,
  STEP_USED_TWICE: 2,
  STEP_DEFINED_TWICE: 2,
  STEP_INVALID: 2,
  REFERENCE_READ: 2,
  REFERENCE_FOREIGN: 2,
  WIRE_ASYNC: 2,
  WIRE_INVALID: 2,
  COMMAND_SYNTAX: 2,
  ENVIRONMENT_INVALID: 2,
  PARAM_SCHEMA_UNSUPPORTED: 2,
  PARAM_OUT_OF_RANGE: 2,
  PARAM_INVALID: 2,
  PARAM_CONFLICT: 2,
  // What an MLflow project says.
  PROJECT_FILE_INVALID: 2,
  PROJECT_NOT_FOUND: 2,
  PROJECT_NOT_APPROVED: 2,
  // What was asked for.
  PARAM_MISSING: 2,
  PARAM_UNKNOWN: 2,
  ENTRY_POINT_UNKNOWN: 2,
  STEP_UNKNOWN: 2,
  ENTRY_POINT_DISABLED: 2,
  COMMAND_UNKNOWN: 2,
  FLAG_UNKNOWN: 2,
  ARGUMENT_INVALID: 2,
  PIPELINE_FILE_NOT_FOUND: 2,
  PIPELINE_FILE_THREW: 2,
  PIPELINE_EXPORT_MISSING: 2,
  PIPELINE_EXPORT_WRONG: 2,
  GIVEN_FILE_MISSING: 2,
  GIVEN_FILE_INVALID: 2,
  MODEL_NOT_FOUND: 2,
  RUN_NOT_FOUND: 2,
  RUNS_UNREADABLE: 2,
  RUNS_DIFFER: 2,
  // The world around.
  FOLDER_NOT_WRITABLE: 2,
  FOLDER_NOT_EMPTY: 2,
  CACHE_UNUSABLE: 2,
  TOOL_MISSING: 2,
  REQUIREMENTS_UNSATISFIABLE: 2,
  INTERPRETER_MISSING: 2,
  LOCK_INVALID: 2,
  LOCK_MISSING: 2,
  LOCK_STALE: 2,
  FORMAT_NEWER: 2,
  SANDBOX_UNAVAILABLE: 2,
  VERIFY_IMPOSSIBLE: 2,
  TRACKER_MISSING: 2,
  TRACKER_DAMAGED: 2,
  TRACKER_LOCKED: 2,
  TRACKER_NEWER: 2,
  TRACKER_OLDER: 2,
  TRACKER_NOT_MLFLOW: 2,
  TRACKER_UNREACHABLE: 2,
  TRACKER_REFUSED: 2,
  TRACKER_URI_UNSUPPORTED: 2,
  TRACKER_WRITE_FAILED: 1,
  TEXT_NOT_WRITTEN: 1,
  // While running.
  ENVIRONMENT_FAILED: 1,
  STEP_FAILED: 1,
  STEP_NOT_STARTED: 1,
  STEP_TIMED_OUT: 1,
  STEP_OVER_MEMORY: 1,
  STEP_OVER_CPU_TIME: 1,
  SANDBOX_FAILED: 1,
  OUTPUT_MISSING: 1,
  OUTPUT_INVALID: 1,
  METRIC_MISSING: 1,
  RESULT_CHANGED: 1,
  DISK_FULL: 1,
  SYSTEM_FAILED: 1,
  RUN_FAILED: 1,
  RUN_INTERRUPTED: 130,
} as const;
/** The name of a failure, the same for ever. */
export type Code = keyof typeof codes;

/** One failure. `message` states the action, the rule and the value found, without a full stop. */
export interface Failure {
  /** Which failure it is. */
  readonly code: Code;
  /** One sentence. */
  readonly message: string;
  /** Where it was said or done. */
  readonly at?: Place;
  /** What to do about it. */
  readonly hint?: string;
  /** Another program's own words, such as a solver's explanation; shown indented, as they are. */
  readonly details?: string;
}

/** A failure on its way to whoever shows it. Anything else that is thrown is a bug. */
export class SluiceError extends Error {
  /** As the name of an error's class is. */
  override readonly name = "SluiceError";
  /** `message` is the failure as text, as `formatFailure` gives it. */
  constructor(readonly failure: Failure) {
    super(formatFailure(failure));
  }
}

/** An error as it was, but that a failure without a place has this one. */
export const placed = (error: unknown, at: Place): unknown =>
  error instanceof SluiceError && error.failure.at === undefined
    ? new SluiceError({ ...error.failure, at })
    : error;

/** Refuses: throws `failure` as a `SluiceError`. */
export function refuse(failure: Failure): never {
  throw new SluiceError(failure);
}

/** Either a value or why there is none. */
export type Result<T> = { readonly ok: true; readonly value: T } | {
  readonly ok: false;
  readonly failure: Failure;
};
export const succeed = <T>(value: T): Result<T> => ({ ok: true, value });
/** A failure as data, for the caller to decide on; `refuse` throws one. */
export const fail = (failure: Failure): Result<never> => ({ ok: false, failure });

/** The value of a result; a failure is thrown as a `SluiceError`. */
export function unwrap<T>(result: Result<T>): T {
  return result.ok ? result.value : refuse(result.failure);
}

/** The text of a failure without colour: what `message` of a `SluiceError` holds. */
export function formatFailure(failure: Failure): string {
  const lines = [`error[${failure.code}]: ${failure.message}`];
  if (failure.at !== undefined) lines.push(`  --> ${formatPlace(failure.at)}`);
  if (failure.details !== undefined) {
    lines.push("", ...failure.details.trimEnd().split("\n").map((line) => `  ${line}`));
  }
  if (failure.hint !== undefined) lines.push("", `hint: ${failure.hint}`);
  return lines.join("\n");
}

/** Closes a switch over a union: a missing case does not compile. */
export function unreachable(value: never): never {
  throw new Error(`no case for ${JSON.stringify(value)}`);
}
