/** A pipeline file that is refused where it is defined ends before `main` is reached. */
import { codes, SluiceError } from "../core/error.ts";
import { processSinks } from "../terminal/text_sink.ts";
import { writeFailure } from "./run_to_exit.ts";

/**
 * From here on a `SluiceError` that nobody catches is written as a failure, without a stack, and ends the program with
 * its own exit code. Whatever else is not caught stays Deno's to show. Test runners show their own errors.
 */
export function showUncaughtRefusals(): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    if (!(event.reason instanceof SluiceError) || Deno.mainModule.includes("$deno$")) return;
    event.preventDefault();
    writeFailure(event.reason.failure, processSinks().stderr);
    Deno.exit(codes[event.reason.failure.code]);
  });
}
