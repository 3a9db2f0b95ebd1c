/** Errors that the operating system answers with. */
import { type Failure, SluiceError } from "./error.ts";

/** Of what the system refuses, such as a file that may not be read; whatever else is thrown is a bug. */
export const isSystemError = (error: unknown): error is Error =>
  error instanceof Error &&
  (systemErrorNumber(error) !== undefined ||
    Object.values(Deno.errors).some((kind) => error instanceof kind));

/** That a disk has no room left, or a user's share of it none. Of Linux: ENOSPC, EDQUOT. */
export const isDiskFull = (error: unknown): error is Error =>
  [28, 122].includes(systemErrorNumber(error) ?? 0);

/** That the machine itself gave out: a full or broken disk, too many files or processes, no memory. It may pass. */
export const isMachineError = (error: unknown): error is Error =>
  machineHints.has(systemErrorNumber(error) ?? 0);

const roomHint = "Make room and start again: steps that finished are not run again";
const diskHint =
  "See what the system's log says of the disk, then start again: steps that finished are not run again";
const filesHint = "Raise the limit, as with `ulimit -n 4096`, or run fewer steps at once with `--jobs`";
const memoryHint = "End other programs or raise the limits of memory and processes, then start again";

/** By errno, of Linux. */
const machineHints: ReadonlyMap<number, string> = new Map([
  [5, diskHint], // EIO
  [11, memoryHint], // EAGAIN, of a process that cannot be made
  [12, memoryHint], // ENOMEM
  [23, filesHint], // ENFILE
  [24, filesHint], // EMFILE
  [27, "Raise the limit of a file's size, as with `ulimit -f unlimited`, and start again"], // EFBIG
  [28, roomHint], // ENOSPC
  [30, diskHint], // EROFS
  [37, "See that the file system can lock files, then start again"], // ENOLCK
  [116, diskHint], // ESTALE
  [117, diskHint], // EUCLEAN
  [122, roomHint], // EDQUOT
]);

/**
 * What is said of an error of the machine: DISK_FULL or SYSTEM_FAILED. Undefined for any other, which is a bug.
 *
 * `action` is what cannot be done because of it, as in `Cannot finish step "train"`.
 */
export function machineFailure(error: unknown, action: string): Failure | undefined {
  if (!isMachineError(error)) return undefined;
  const isFull = isDiskFull(error);
  return {
    code: isFull ? "DISK_FULL" : "SYSTEM_FAILED",
    message: `${action} as ${isFull ? "a disk is full" : "the system refuses"}: ${error.message}`,
    hint: machineHints.get(systemErrorNumber(error)!)!,
  };
}

/**
 * Does what writes at `path`. What the machine fails with is thrown as DISK_FULL or SYSTEM_FAILED that names the
 * path, as Deno leaves out of some of its errors which file they are about; whatever else is thrown stays as it is.
 */
export async function onFile<T>(path: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const failure = machineFailure(error, `Cannot write \`${path}\``);
    throw failure === undefined ? error : new SluiceError({ ...failure, at: { file: path } });
  }
}

/** That a place cannot be written, not that its disk is full or broken. */
export function isNotWritable(error: unknown): boolean {
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) return true;
  return ["EROFS", "EACCES", "EPERM"].includes(systemErrorCode(error) ?? "");
}

/** Its name, such as `ENOENT`, where it bears one. */
export const systemErrorCode = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error ? String(error.code) : undefined;

/** Its errno. Deno names few of them but in its message. A failure that quotes such a message is none. */
export function systemErrorNumber(error: unknown): number | undefined {
  if (error instanceof SluiceError) return undefined;
  const digits = /\(os error (\d+)\)/.exec(error instanceof Error ? error.message : "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}
