/** Call sites: where in a user's file a function of ours was called. */
import { refuse } from "../core/error.ts";
import type { Place } from "../core/place.ts";

/** One line of a user's file. Reading it costs some microseconds, so it is read when it is asked for. */
export interface CallSite {
  readonly place: Place;
  /** The `file://` URL of the module. Fails with STEP_INVALID where code has no file, such as in a REPL. */
  readonly module: string;
}

/**
 * Remembers who called `called`, a function that is now running.
 *
 * V8 keeps raw frames here (4 µs); its text is made, with source maps, on first use (6 µs).
 */
export function callSiteOf(called: (...given: never[]) => unknown): CallSite {
  const limit = Error.stackTraceLimit;
  // Functions of JavaScript's own, such as `map`, may stand between.
  Error.stackTraceLimit = 3;
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, called);
  Error.stackTraceLimit = limit;
  return new LazyCallSite(holder);
}

class LazyCallSite implements CallSite {
  #holder: { stack?: string } | undefined;
  #place: Place = {};

  constructor(holder: { stack?: string }) {
    this.#holder = holder;
  }

  get place(): Place {
    if (this.#holder !== undefined) {
      this.#place = readFrame(this.#holder.stack ?? "");
      this.#holder = undefined;
    }
    return this.#place;
  }

  get module(): string {
    const file = this.place.file;
    return file?.startsWith("file://") ? file : refuse({
      code: "STEP_INVALID",
      message: `Cannot define this in \`${
        file ?? "code without a file"
      }\` as it must be in a file of this machine`,
      at: this.place,
      hint: "Put it in a file, such as `pipeline.ts`",
    });
  }
}

/** The first line of a stack with a file: `    at name (file:///folder/pipeline.ts:12:7)`, name and brackets optional. */
function readFrame(stack: string): Place {
  const found = /^ +at (?:.*\()?(?:async )?([a-z][a-z0-9+.-]*:.*):(\d+):(\d+)\)?$/m.exec(stack);
  if (found === null) return {};
  return { file: found[1]!, line: Number(found[2]), column: Number(found[3]) };
}
