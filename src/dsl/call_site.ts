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
 * V8 keeps raw frames here (1 µs, 225 bytes); they are read, with source maps, on first use (4 µs).
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
  #place: Place | undefined;

  constructor(holder: { stack?: string }) {
    this.#holder = holder;
  }

  get place(): Place {
    this.#place ??= readFrame(this.#holder!);
    this.#holder = undefined;
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

/** What V8 tells of a frame; Deno maps the position to the source. */
interface Frame {
  getScriptNameOrSourceURL(): string | null | undefined;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
}

/**
 * The first frame that has an address.
 *
 * Not from the stack's text: in it, the address of a module that was imported dynamically is decoded, so that another
 * process, which loads it otherwise, would know it by another name, and `%` or `#` in it would be ambiguous.
 */
function readFrame(holder: { readonly stack?: string }): Place {
  const format = Error as { prepareStackTrace?: unknown };
  const before = format.prepareStackTrace;
  format.prepareStackTrace = (_: unknown, frames: readonly Frame[]) => frames;
  const read: unknown = holder.stack;
  format.prepareStackTrace = before;
  const frames = Array.isArray(read) ? read as readonly Frame[] : [];
  const frame = frames.find((frame) => /^[a-z][a-z0-9+.-]*:/.test(frame.getScriptNameOrSourceURL() ?? ""));
  if (frame === undefined) return {};
  return samePlace(
    frame.getScriptNameOrSourceURL()!,
    frame.getLineNumber() ?? undefined,
    frame.getColumnNumber() ?? undefined,
  );
}

/** Places by how they are written: a line of a loop is one place, however many steps it uses. */
const places = new Map<string, Place>();

function samePlace(file: string, line: number | undefined, column: number | undefined): Place {
  const key = `${line}:${column}:${file}`;
  const known = places.get(key);
  if (known !== undefined) return known;
  const place: Place = { file, line, column };
  places.set(key, place);
  return place;
}
