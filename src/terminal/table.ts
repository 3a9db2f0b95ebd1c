/** Aligned text tables. */
import { displayWidth, fitWidth, padWidth } from "./display_width.ts";
import type { Colour, Paint } from "./paint.ts";
import { noPaint } from "./paint.ts";
import { safeText } from "./safe_text.ts";

export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}

export interface TableOptions {
  readonly paint?: Paint;
  /** Columns, by number, whose cells stand at the right. */
  readonly right?: readonly number[];
  /** The widest line; the widest column gives way. No limit when absent. */
  readonly columns?: number;
}

/**
 * Lines of a table: a head, then rows, two spaces between columns, none at the end of a line.
 *
 * Cells are made harmless (`safeText`), wide characters count two. Columns that are empty in each row are left out.
 */
export function tableLines(
  head: readonly string[],
  rows: readonly (readonly (Cell | string)[])[],
  { paint = noPaint, right = [], columns }: TableOptions = {},
): string[] {
  const cells = rows.map((row) => row.map(toCell));
  const shown = head.map((_, index) => index).filter((index) =>
    cells.length === 0 || cells.some((row) => (row[index]?.text ?? "") !== "")
  );
  const widths = new Map(shown.map((index) => [
    index,
    cells.reduce(
      (width, row) => Math.max(width, displayWidth(row[index]?.text ?? "")),
      displayWidth(head[index]!),
    ),
  ]));
  if (columns !== undefined) shrink(widths, columns);
  const line = (row: readonly Cell[]) =>
    shown.map((index, place) => {
      const cell = row[index] ?? { text: "" };
      const width = widths.get(index)!;
      const text = fitWidth(cell.text, width);
      const space = padWidth("", width - displayWidth(text));
      const painted = cell.colour === undefined ? text : paint(cell.colour, text);
      if (right.includes(index)) return space + painted;
      return place === shown.length - 1 ? painted : painted + space;
    }).join("  ").trimEnd();
  return [line(head.map((text) => ({ text, colour: "dim" }))), ...cells.map(line)];
}

const toCell = (cell: Cell | string): Cell =>
  typeof cell === "string" ? { text: safeText(cell) } : { ...cell, text: safeText(cell.text) };

/** Takes cells from the widest column until all fit, or each is at ten. */
function shrink(widths: Map<number, number>, columns: number): void {
  const gaps = 2 * (widths.size - 1);
  for (;;) {
    const total = [...widths.values()].reduce((sum, width) => sum + width, gaps);
    const [widest, width] = [...widths].reduce((best, entry) => entry[1] > best[1] ? entry : best);
    if (total <= columns || width <= 10) return;
    widths.set(widest, Math.max(10, width - (total - columns)));
  }
}
