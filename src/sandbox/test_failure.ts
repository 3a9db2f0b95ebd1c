/** For tests: what a call is refused with. */
import { type Code, SluiceError } from "../core/error.ts";

/** Undefined when it is not refused. */
export function codeOf(call: () => unknown): Code | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof SluiceError) return error.failure.code;
    throw error;
  }
}

/** The same of a call that takes its time. */
export async function codeOfAsync(call: () => Promise<unknown>): Promise<Code | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    if (error instanceof SluiceError) return error.failure.code;
    throw error;
  }
}
