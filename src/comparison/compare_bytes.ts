/** The first byte at which two files differ. */
import { Buffer } from "node:buffer";
import { type Found, shorten } from "./comparison.ts";
import { openRegular, pieceBytes, readAt } from "./read_pieces.ts";

/** Offset of the first byte that is not the same, or where the shorter one ends; undefined when there is none. */
export async function findDifferingByte(before: string, after: string): Promise<number | undefined> {
  using a = await openRegular(before);
  using b = await openRegular(after);
  const [left, right] = [Buffer.alloc(pieceBytes), Buffer.alloc(pieceBytes)];
  for (let offset = 0;; offset += pieceBytes) {
    const [one, other] = await Promise.all([fill(a, left), fill(b, right)]);
    // The system's own comparison is many times as fast as a loop.
    if (!one.equals(other)) return offset + firstMismatch(one, other)!;
    if (one.length < pieceBytes) return undefined;
  }
}

/** The part of the buffer that was filled, all of it but at the end of the file. */
async function fill(file: Deno.FsFile, buffer: Buffer): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const read = await file.read(buffer.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}

/** Index of the first element that differs or is missing in one. */
export function firstMismatch(a: Uint8Array, b: Uint8Array): number | undefined {
  const shared = Math.min(a.length, b.length);
  let at = 0;
  while (at < shared && a[at] === b[at]) at++;
  return at < shared || a.length !== b.length ? at : undefined;
}

/** How much around the byte is looked at. */
const contextBytes = 4096;
/** How many characters of a line are shown, the differing one among them. */
const shownCharacters = 40;

/** Says what stands at `offset`: bytes in hexadecimal, and for text the line and column as well, with both lines. */
export async function describeByte(before: string, after: string, offset: number): Promise<Found> {
  using a = await openRegular(before);
  using b = await openRegular(after);
  const start = Math.max(0, offset - contextBytes);
  const [left, right] = await Promise.all([
    readAt(a, start, 2 * contextBytes),
    readAt(b, start, 2 * contextBytes),
  ]);
  const at = `byte ${offset}`;
  if (!isText(left) || !isText(right)) {
    return { at, ...values(hexAt(left, offset - start), hexAt(right, offset - start)) };
  }
  const { line, lineStart } = await findLine(a, offset);
  const from = Math.max(start, lineStart);
  const prefix = new TextDecoder().decode(left.subarray(from - start, offset - start));
  const lineLeft = restOfLine(left, from - start);
  const lineRight = restOfLine(right, from - start);
  const place = from === lineStart ? `line ${line}, column ${[...prefix].length + 1}` : `line ${line}`;
  return {
    at: `${at} (${place})`,
    ...values(around(lineLeft, prefix.length), around(lineRight, prefix.length)),
    ...(left.length === offset - start ? { note: "it was shorter" } : {}),
    ...(right.length === offset - start ? { note: "it is shorter" } : {}),
  };
}

const values = (before: string | undefined, after: string | undefined) => ({
  ...(before === undefined ? {} : { before }),
  ...(after === undefined ? {} : { after }),
});

function hexAt(bytes: Uint8Array, at: number): string | undefined {
  const byte = bytes[at];
  return byte === undefined ? undefined : `0x${byte.toString(16).padStart(2, "0")}`;
}

/** No NUL and no broken UTF-8 but at the edges, where a character may be cut. */
function isText(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return false;
  const text = new TextDecoder().decode(bytes);
  return !text.slice(4, -4).includes("\ufffd");
}

async function findLine(file: Deno.FsFile, offset: number): Promise<{ line: number; lineStart: number }> {
  let [line, lineStart] = [1, 0];
  for (let at = 0; at < offset; at += pieceBytes) {
    const piece = await readAt(file, at, Math.min(pieceBytes, offset - at));
    for (let found = piece.indexOf(10); found >= 0; found = piece.indexOf(10, found + 1)) {
      line++;
      lineStart = at + found + 1;
    }
  }
  return { line, lineStart };
}

/** Undefined where the file has ended. */
function restOfLine(bytes: Uint8Array, from: number): string | undefined {
  if (from > bytes.length) return undefined;
  const end = bytes.indexOf(10, from);
  return new TextDecoder().decode(bytes.subarray(from, end < 0 ? bytes.length : end));
}

function around(line: string | undefined, column: number): string | undefined {
  if (line === undefined) return undefined;
  const from = Math.max(0, Math.min(column, line.length) - shownCharacters / 2);
  return JSON.stringify((from > 0 ? "…" : "") + shorten(line.slice(from), shownCharacters));
}
