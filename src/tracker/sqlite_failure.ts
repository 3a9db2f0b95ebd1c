/** What SQLite says, as failures of a tracker. */
import { dirname } from "node:path";
import { type Failure, SluiceError } from "../core/error.ts";
import { isNotWritable, machineFailure } from "../core/system_error.ts";
import { TrackingError } from "../core/tracking.ts";

/** Primary result codes: https://www.sqlite.org/rescode.html. */
const code = {
  busy: 5,
  locked: 6,
  noMemory: 7,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  protocol: 15,
  constraint: 19,
  notADatabase: 26,
};

/** SQLite's primary result code; undefined for an error that is not SQLite's. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_SQLITE_ERROR") return undefined;
  if ("errcode" in error && typeof error.errcode === "number") return error.errcode & 0xff;
  return codesByMessage.find(([words]) => error.message.startsWith(words))?.[1];
}

/** The constructor and `exec()` of `node:sqlite` give no number, only SQLite's own words. */
const codesByMessage = [
  ["unable to open database file", code.cannotOpen],
  ["disk I/O error", code.io],
  ["database or disk is full", code.full],
  ["database disk image is malformed", code.corrupt],
  ["file is not a database", code.notADatabase],
  ["database is locked", code.busy],
  ["database table is locked", code.locked],
  ["attempt to write a readonly database", code.readOnly],
  ["out of memory", code.noMemory],
  ["locking protocol", code.protocol],
] as const;

/**
 * The kernel could not read or write: what SQLite does next cannot be relied on. A page that cannot be read in the midst
 * of a statement is told of as one that is malformed.
 */
export const isInputOutputError = (error: unknown): boolean =>
  [code.io, code.corrupt].some((each) => each === resultCode(error));

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
      return new SluiceError(unreadable(path, error.message));
    case code.notADatabase:
      return new SluiceError(damaged(path, `SQLite says: ${error.message}`));
    case code.readOnly:
    case code.cannotOpen:
      return new SluiceError(notOpened(path, error.message));
    case code.noMemory:
    case code.protocol:
      return new SluiceError({
        code: "SYSTEM_FAILED",
        message: `Cannot use \`${path}\` as the system refuses: ${error.message}`,
        hint: "See that there is memory and that the file system can lock files, then start again",
      });
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

/** TRACKER_DAMAGED, with what to do. */
export const damaged = (path: string, why: string): Failure => ({
  code: "TRACKER_DAMAGED",
  message: `Cannot use \`${path}\` as it is damaged: ${why}`,
  hint: "Put a backup in its place, or move it away to start a new one; it was left as it is",
});

/** SQLite says the same of a page that it finds malformed and of one that the disk does not give. */
const unreadable = (path: string, why: string): Failure => ({
  code: "TRACKER_DAMAGED",
  message: `Cannot use \`${path}\` as it is damaged or its disk cannot be read: SQLite says: ${why}`,
  hint:
    "Try again, and see what the system's log says of the disk; if it stays so, put a backup in its place, or " +
    "move it away to start a new one",
});

/** SQLite does not say why: rights, a full disk and too many open files are all the same to it, so it is tried here. */
function notOpened(path: string, why: string): Failure {
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir: dirname(path), prefix: ".mlflow.db-" }));
    Deno.openSync(path, { read: true, write: true }).close();
  } catch (error) {
    return refusedBySystem(path, error);
  }
  return {
    code: "SYSTEM_FAILED",
    message: `Cannot use \`${path}\` as it or its journal could not be opened to write: ${why}`,
    hint:
      "It can be now, so start again; see how many files may be open (`ulimit -n`), and what the system's log says " +
      "of the disk",
  };
}

/** What the system says of the file or the folder at `path`, before SQLite looks at it. */
export const refusedBySystem = (path: string, error: unknown): Failure =>
  (isNotWritable(error) ? undefined : machineFailure(error, `Cannot use \`${path}\``)) ??
    notWritable(path, error instanceof Error ? error.message : String(error));

const notWritable = (path: string, why: string): Failure => ({
  code: "FOLDER_NOT_WRITABLE",
  message: `Cannot log to \`${path}\` as the file or its folder cannot be read or written: ${why}`,
  hint: "Give yourself the right to read and write there, or name another place with --tracking-uri",
});

const locked = (path: string, why: string): Failure => ({
  code: "TRACKER_LOCKED",
  message: `Cannot use \`${path}\` as another program holds it: ${why}`,
  hint: "Wait for the other program, or end it, and try again",
});
