/** What SQLite says, as failures of a tracker. */
import { type Failure, SluiceError } from "../core/error.ts";
import { TrackingError } from "../core/tracking.ts";

/** Primary result codes: https://www.sqlite.org/rescode.html. */
const code = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
};

/** SQLite's primary result code; undefined for an error that is not SQLite's. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_SQLITE_ERROR") return undefined;
  // The constructor of `node:sqlite` gives no number with this one.
  if (error.message.startsWith("unable to open database file")) return code.cannotOpen;
  return "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

/** The kernel could not read or write: what SQLite does next cannot be relied on. */
export const isInputOutputError = (error: unknown): boolean => resultCode(error) === code.io;

/** A row that the schema refuses, such as a second one with the same key. */
export const isConstraintError = (error: unknown): boolean => resultCode(error) === code.constraint;

/** The error to throw for one that came up while the database at `path` was used; bugs stay what they are. */
export function explain(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error;
  switch (resultCode(error)) {
    case code.busy:
    case code.locked:
      return new SluiceError(locked(path, error.message));
    case code.corrupt:
    case code.notADatabase:
      return new SluiceError(damaged(path, `SQLite says: ${error.message}`));
    case code.readOnly:
    case code.cannotOpen:
      return new SluiceError(notWritable(path));
    case code.io:
    case code.full:
      return new SluiceError({
        code: "TRACKER_WRITE_FAILED",
        message: `Cannot log to \`${path}\` as its disk refuses: ${error.message}`,
        hint: "Make room on the disk, or use another with --tracking-uri, and start again",
      });
    case code.constraint:
      return new TrackingError("BAD_REQUEST", error.message);
    default:
      return error;
  }
}

export const damaged = (path: string, why: string): Failure => ({
  code: "TRACKER_DAMAGED",
  message: `Cannot use \`${path}\` as it is damaged: ${why}`,
  hint: "Put a backup in its place, or move it away to start a new one; it was left as it is",
});

export const notWritable = (path: string): Failure => ({
  code: "FOLDER_NOT_WRITABLE",
  message: `Cannot log to \`${path}\` as the file or its folder cannot be read or written`,
  hint: "Give yourself the right to read and write there, or name another place with --tracking-uri",
});

const locked = (path: string, why: string): Failure => ({
  code: "TRACKER_LOCKED",
  message: `Cannot use \`${path}\` as another program holds it: ${why}`,
  hint: "Wait for the other program, or end it, and try again",
});
