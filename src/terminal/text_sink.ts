/** Where lines go: standard output or error, or a test's own. */

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

interface Stream {
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

/** A sink that goes silent when its reader is gone (`| head`): what is under way goes on to its end. */
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

/** False when nobody reads any more. */
function writeAll(stream: Stream, bytes: Uint8Array): boolean {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += stream.writeSync(bytes.subarray(written));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) return false;
      // A pipe that another process made non-blocking is full: its reader needs a moment.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  return true;
}

function terminalSize(): { columns: number; rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    if (columns > 0 && rows > 0) return { columns, rows };
  } catch {
    // No terminal.
  }
  return { columns: 80, rows: 24 };
}
