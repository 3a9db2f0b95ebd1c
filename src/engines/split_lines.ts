/** Bytes to lines of text, as they come. */

/** Longer lines are cut in pieces of this many bytes, so that a process that never ends its line costs no memory. */
const maxLineBytes = 65536;

/** Calls `onLine` for each line, without its end; bytes that are not UTF-8 become U+FFFD. `end` gives the rest. */
export function splitLines(onLine: (line: string) => void): { write(chunk: Uint8Array): void; end(): void } {
  const decoder = new TextDecoder();
  let pieces: Uint8Array[] = [];
  let size = 0;
  const flush = () => {
    const bytes = pieces.length === 1 ? pieces[0]! : concatenate(pieces, size);
    onLine(decoder.decode(bytes.at(-1) === 13 ? bytes.subarray(0, -1) : bytes));
    pieces = [];
    size = 0;
  };
  const keep = (piece: Uint8Array) => {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + maxLineBytes - size);
      pieces.push(part);
      size += part.length;
      at += part.length;
      if (size === maxLineBytes) flush();
    }
  };
  return {
    write(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
        keep(chunk.subarray(start, end));
        flush();
        start = end + 1;
      }
      // A copy: the reader may use its buffer again.
      keep(chunk.slice(start));
    },
    end() {
      if (size > 0) flush();
    },
  };
}

function concatenate(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
