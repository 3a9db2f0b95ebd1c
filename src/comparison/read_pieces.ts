/** Reads regular files piece by piece. */
import { join } from "node:path";

/** How much of a file is in memory at once. */
export const pieceBytes = 1 << 18;

/** A file that is read from its start to its end. */
export interface Pieces {
  /** `count` bytes, fewer only at the end. */
  read(count: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A regular file, open; a link put in its place meanwhile is an error. Close it with `using`. */
export async function openRegular(path: string): Promise<Deno.FsFile> {
  const named = await Deno.lstat(path);
  if (!named.isFile) throw new Deno.errors.NotFound(`${path} is no regular file`);
  const file = await Deno.open(path);
  const opened = await file.stat();
  if (opened.ino === named.ino && opened.dev === named.dev) return file;
  file.close();
  throw new Deno.errors.NotFound(`${path} is another file now`);
}

/** The bytes from `start` up to `end` of a file that stays open. */
export function piecesOf(file: Deno.FsFile, start: number, end: number): Pieces {
  let at = start;
  return {
    async read(count) {
      const piece = await readAt(file, at, Math.min(count, end - at));
      at += piece.length;
      return piece;
    },
    close: () => Promise.resolve(),
  };
}

/** Fewer bytes than asked for only at the end of the file. */
export async function readAt(file: Deno.FsFile, offset: number, count: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(Math.max(0, count));
  await file.seek(offset, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < buffer.length) {
    const read = await file.read(buffer.subarray(filled));
    if (read === null) return buffer.subarray(0, filled);
    filled += read;
  }
  return buffer;
}

/** The bytes of a stream, which is cancelled when it is closed. */
export function piecesFrom(stream: ReadableStream<Uint8Array>): Pieces {
  const reader = stream.getReader();
  let rest = new Uint8Array(0);
  return {
    async read(count) {
      const result = new Uint8Array(count);
      let filled = 0;
      while (filled < count) {
        if (rest.length === 0) {
          const { done, value } = await reader.read();
          if (done) return result.subarray(0, filled);
          rest = value as Uint8Array<ArrayBuffer>;
          continue;
        }
        const taken = Math.min(rest.length, count - filled);
        result.set(rest.subarray(0, taken), filled);
        rest = rest.subarray(taken);
        filled += taken;
      }
      return result;
    },
    close: () => reader.cancel().catch(() => {}),
  };
}

/** All of a file as text when it is at most `limitBytes` long and UTF-8; else undefined. */
export async function readText(path: string, limitBytes: number): Promise<string | undefined> {
  using file = await openRegular(path);
  if ((await file.stat()).size > limitBytes) return undefined;
  const bytes = await readAt(file, 0, limitBytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The place of a file within an output, which is itself a file when `file` is empty. */
export const within = (output: string, file: string): string => file === "" ? output : join(output, file);
