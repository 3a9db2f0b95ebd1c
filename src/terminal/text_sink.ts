/** Where lines go: standard output or error, or a test's own. */
import { systemErrorNumber } from "../core/system_error.ts";

export interface TextSink {
  /** All of the text, at once. */
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Of the terminal now; 80 × 24 when there is none. */
  size(): { readonly columns: number; readonly rows: number };
}

/** The process's own streams. */
export function processSinks(): { readonly stdout: TextSink; readonly stderr: TextSink } {
  return { stdout: openSink(Deno.stdout), stderr: openSink(Deno.stderr) };
}

/** Writes lines, many at once. */
export function writeLines(sink: TextSink, lines: Iterable<string>): void {
  let text = "";
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < 1 << 16) continue;
    sink.write(text);
    text = "";
  }
  sink.write(text);
}

interface Stream {
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

/** Why text was lost, as the disk was full or the like; a reader that is gone is no such reason. */
let loss: string | undefined;
/** Of any sink of this process; undefined when all that was to be read was written. */
export const lostText = (): string | undefined => loss;

/** A sink that goes silent when nothing can be written any more (`| head`): what is under way goes on to its end. */
export function openSink(stream: Stream): TextSink {
  const encoder = new TextEncoder();
  let isOpen = true;
  return {
    write(text) {
      if (isOpen && text !== "") isOpen = writeAll(stream, encoder.encode(text));
    },
    isTerminal: stream.isTerminal(),
    size: terminalSize,
  };
}

/** False when nothing can be written any more. */
function writeAll(stream: Stream, bytes: Uint8Array): boolean {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += stream.writeSync(bytes.subarray(written));
    } catch (error) {
      if (isReaderGone(error)) return false;
      const refusal = systemRefusal(error);
      if (refusal !== undefined) {
        loss ??= refusal;
        return false;
      }
      // A pipe that another process made non-blocking is full: its reader needs a moment.
      if (!isBusy(error)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  return true;
}

const isBusy = (error: unknown): boolean => error instanceof Deno.errors.WouldBlock;

/** What the system says, such as that the disk is full; undefined for a bug, or when it is only busy. */
const systemRefusal = (error: unknown): string | undefined =>
  error instanceof Error && !isBusy(error) && systemErrorNumber(error) !== undefined
    ? error.message
    : undefined;

/** A pipe whose other end is closed, or a terminal that is (EIO). */
const isReaderGone = (error: unknown): boolean =>
  error instanceof Deno.errors.BrokenPipe || systemErrorNumber(error) === 5;

function terminalSize(): { columns: number; rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    if (columns > 0 && rows > 0) return { columns, rows };
  } catch {
    // No terminal.
  }
  return { columns: 80, rows: 24 };
}
