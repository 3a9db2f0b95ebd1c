/** What a process prints: to its log as bytes, to a listener as lines. */
import type { Child } from "./child.ts";
import { splitLines } from "./split_lines.ts";
import { writeAll } from "../core/write_all.ts";

export interface Output {
  /** Never ends unless the log cannot be written. */
  readonly failed: Promise<void>;
  /**
   * Reads the rest. What is still held open after `limitMs`, by a process that could not be found, is closed; throws
   * why the log could not be written.
   */
  end(limitMs: number): Promise<void>;
}

/** Less than this is written sooner than it would wait for its turn. */
const smallBytes = 1 << 13;

/** Reads both streams of `child` from now on. */
export function readOutput(
  child: Child,
  log: Deno.FsFile,
  onLine: (stream: "stdout" | "stderr", line: string) => void,
): Output {
  const failed = Promise.withResolvers<void>();
  let failure: { readonly error: unknown } | undefined;
  let open = 2;
  const streams = (["stdout", "stderr"] as const).map((name) => {
    const lines = splitLines((line) => onLine(name, line));
    const reading = child.read(name, (piece) => {
      if (piece.length > smallBytes) return writeAll(log, piece).then(() => lines.write(piece));
      for (let at = 0; at < piece.length;) at += log.writeSync(piece.subarray(at));
      lines.write(piece);
    });
    const ended = reading.ended.then(() => lines.end()).catch((error) => {
      failure ??= { error };
      failed.resolve();
    }).finally(() => open--);
    return { ended, stop: reading.stop };
  });
  return {
    failed: failed.promise,
    async end(limitMs) {
      if (open > 0) {
        const limit = setTimeout(() => streams.forEach(({ stop }) => stop()), limitMs);
        await Promise.all(streams.map(({ ended }) => ended));
        clearTimeout(limit);
      }
      if (failure !== undefined) throw failure.error;
    },
  };
}
