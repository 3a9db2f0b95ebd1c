/** A terminal of W × H cells for the tests of this folder: knows the few sequences that sluice writes. */
import assert from "node:assert/strict";
import { displayWidth } from "./display_width.ts";
import type { TextSink } from "./text_sink.ts";

// deno-lint-ignore no-control-regex -- the sequences of a terminal are what this file is about
const pieces = /\n|\r|\u001b\[\d*[A-Za-z]|[^\n\r\u001b]+|[^]/g;
// deno-lint-ignore no-control-regex -- as above
const colour = /^\u001b\[\d*m$/;
// deno-lint-ignore no-control-regex -- as above
const cursorUp = /^\u001b\[\d+A$/;
const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

export interface Screen extends TextSink {
  /** What scrolled out at the top, then what is on the screen, without colours. */
  lines(): string[];
  /** The lines that are on the screen now. */
  visible(): string[];
  resize(columns: number, rows: number): void;
  readonly writes: readonly string[];
}

/** Fails on any sequence but colours, cursor up, carriage return, erase line and erase below. */
export function openScreen(columns: number, rows: number): Screen {
  const lines: string[] = [""];
  const writes: string[] = [];
  let row = 0;
  const top = () => Math.max(0, lines.length - rows);
  const nextRow = () => {
    if (++row === lines.length) lines.push("");
  };
  const print = (text: string) => {
    for (const { segment } of segmenter.segment(text)) {
      // A full row goes on in the next, as on a real terminal.
      if (displayWidth(lines[row]! + segment) > columns) nextRow();
      lines[row] += segment;
    }
  };
  const put = (text: string) => {
    for (const piece of text.match(pieces) ?? []) {
      if (piece === "\n") {
        nextRow();
      } else if (piece === "\u001b[J") {
        lines.length = row + 1;
        lines[row] = "";
      } else if (cursorUp.test(piece)) {
        row -= Number(piece.slice(2, -1));
        assert.ok(row >= top(), "the cursor is moved above the screen");
      } else if (!(piece === "\r" || piece === "\u001b[K" || colour.test(piece))) {
        assert.ok(!piece.startsWith("\u001b"), `unknown sequence ${JSON.stringify(piece)}`);
        print(piece);
      }
    }
  };
  return {
    write(text) {
      writes.push(text);
      put(text);
    },
    isTerminal: true,
    size: () => ({ columns, rows }),
    lines: () => [...lines],
    visible: () => lines.slice(top()),
    resize: (newColumns, newRows) => [columns, rows] = [newColumns, newRows],
    writes,
  };
}

/** Keeps what is written; no terminal. */
export function openBuffer(): TextSink & { text(): string } {
  let text = "";
  return {
    write: (more) => void (text += more),
    isTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    text: () => text,
  };
}
