/** The C library, for what Deno has no name for. */

/** Its functions; undefined on another system than Linux with glibc, and where Deno may not load libraries. */
export function openCLibrary<const Functions extends Deno.ForeignLibraryInterface>(
  functions: Functions,
): Deno.DynamicLibrary<Functions>["symbols"] | undefined {
  // Asked first, as opening it would ask a user at a terminal.
  const isAllowed = Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  if (Deno.build.os !== "linux" || !isAllowed) return undefined;
  try {
    return Deno.dlopen("libc.so.6", functions).symbols;
  } catch {
    return undefined;
  }
}
