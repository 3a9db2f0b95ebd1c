/** What a process prints: to its log as bytes, to a listener as lines. */
import { splitLines } from "./split_lines.ts";

export interface Output {
  /** Never ends unless the log cannot be written. */
  readonly failed: Promise<void>;
  /**
   * Reads the rest. What is still held open after `limitMs`, by a process that could not be found, is closed; throws
   * why the log could not be written.
   */
  end(limitMs: number): Promise<void>;
}

/** Reads both streams of `child` from now on. */
export function readOutput(
  child: Deno.ChildProcess,
  log: Deno.FsFile,
  onLine: (stream: "stdout" | "stderr", line: string) => void,
): Output {
  const failed = Promise.withResolvers<void>();
  let failure: { readonly error: unknown } | undefined;
  const readers = ["stdout", "stderr"] as const;
  const streams = readers.map((name) => {
    const reader = child[name].getReader();
    const reading = readLines(reader, log, (line) => onLine(name, line)).catch((error) => {
      failure ??= { error };
      failed.resolve();
      // Nobody reads on, so whoever writes must not wait.
      return reader.cancel().catch(() => {});
    });
    return { reader, reading };
  });
  return {
    failed: failed.promise,
    async end(limitMs) {
      const limit = setTimeout(
        () => streams.forEach(({ reader }) => reader.cancel().catch(() => {})),
        limitMs,
      );
      await Promise.all(streams.map(({ reading }) => reading));
      clearTimeout(limit);
      if (failure !== undefined) throw failure.error;
    },
  };
}

async function readLines(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  log: Deno.FsFile,
  onLine: (line: string) => void,
): Promise<void> {
  const lines = splitLines(onLine);
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    await writeAll(log, read.value);
    lines.write(read.value);
  }
  lines.end();
}

async function writeAll(log: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await log.write(bytes.subarray(at));
}
