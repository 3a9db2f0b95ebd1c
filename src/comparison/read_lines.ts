/** Reads text row by row, in flat memory. */
import { openRegular, pieceBytes } from "./read_pieces.ts";

/** A row or line longer than this many characters is not read by value. */
const rowLimit = 1 << 24;

export class TooLong extends Error {
  override readonly name = "TooLong";
}

/** The text of a file in pieces, without a byte order mark; what is not UTF-8 becomes the replacement character. */
async function* readTextPieces(path: string): AsyncGenerator<string> {
  using file = await openRegular(path);
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(pieceBytes);
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    yield decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  yield decoder.decode();
}

/** Lines without their ends, in batches; empty ones are left out. Throws TooLong. */
export async function* readLines(path: string): AsyncGenerator<string[]> {
  let rest = "";
  for await (const piece of readTextPieces(path)) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    if (rest.length > rowLimit) throw new TooLong();
    yield lines.filter((line) => line.trim() !== "");
  }
  if (rest.trim() !== "") yield [rest];
}

/**
 * Rows of RFC 4180 text, in batches: quoted cells may hold commas, line ends and doubled quotes. Any text has rows.
 * Throws TooLong.
 */
export async function* readCsvRows(path: string): AsyncGenerator<string[][]> {
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  /** A quote in a quoted cell: the first of two, or the end of the cell. */
  let isQuoteOpen = false;
  let isStarted = false;
  let length = 0;
  const endRow = () => {
    row.push(cell.endsWith("\r") ? cell.slice(0, -1) : cell);
    const ended = row;
    [row, cell, isStarted, length] = [[], "", false, 0];
    return ended;
  };
  for await (const piece of readTextPieces(path)) {
    const rows: string[][] = [];
    for (let at = 0; at < piece.length; at++) {
      const character = piece[at]!;
      if (++length > rowLimit) throw new TooLong();
      if (isQuoteOpen) {
        isQuoteOpen = false;
        if (character === '"') {
          cell += character;
          continue;
        }
        isQuoted = false;
      }
      if (isQuoted) {
        if (character === '"') isQuoteOpen = true;
        else cell += character;
      } else if (character === '"' && cell === "") [isQuoted, isStarted] = [true, true];
      else if (character === ",") {
        row.push(cell);
        [cell, isStarted] = ["", true];
      } else if (character === "\n") rows.push(endRow());
      else {
        const end = plainEnd(piece, at);
        cell += piece.slice(at, end);
        length += end - at;
        at = end - 1;
        isStarted = true;
      }
    }
    yield rows;
  }
  if (isStarted) yield [endRow()];
}

/** Where a piece of an unquoted cell ends that needs no looking at. */
function plainEnd(text: string, from: number): number {
  let at = from + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Comma, line feed, quote.
    if (code === 44 || code === 10 || code === 34) break;
  }
  return at;
}

/** One after the other, out of batches. */
export function oneByOne<T>(batches: AsyncGenerator<readonly T[]>) {
  let batch: readonly T[] = [];
  let at = 0;
  return {
    /** Undefined at the end. */
    async next(): Promise<T | undefined> {
      while (at >= batch.length) {
        const { done, value } = await batches.next();
        if (done) return undefined;
        [batch, at] = [value, 0];
      }
      return batch[at++];
    },
    close: () => batches.return(undefined),
  };
}
