/** Errors that the operating system answers with. */

/** Of what the system refuses, such as a file that may not be read; whatever else is thrown is a bug. */
export const isSystemError = (error: unknown): error is Error =>
  error instanceof Error &&
  (systemErrorNumber(error) !== undefined ||
    Object.values(Deno.errors).some((kind) => error instanceof kind));

/** That a disk has no room left, or a user's share of it none. Of Linux: ENOSPC, EDQUOT. */
export const isDiskFull = (error: unknown): error is Error =>
  [28, 122].includes(systemErrorNumber(error) ?? 0);

/** That a place cannot be written, not that its disk is full or broken. */
export function isNotWritable(error: unknown): boolean {
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) return true;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EROFS" || code === "EACCES" || code === "EPERM";
}

/** Its errno. Deno names few of them but in its message. */
export function systemErrorNumber(error: unknown): number | undefined {
  const digits = /\(os error (\d+)\)/.exec(error instanceof Error ? error.message : "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}
