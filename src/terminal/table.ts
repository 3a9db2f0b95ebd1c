/** Aligned text tables. */
import { displayWidth, fitWidth } from "./display_width.ts";
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

/** All of `tableRows`. */
export function tableLines(
  head: readonly string[],
  rows: readonly (readonly (Cell | string)[])[],
  options: TableOptions = {},
): string[] {
  return [...tableRows(head, rows, options)];
}

/**
 * Lines of a table: a head, then rows, two spaces between columns, none at the end of a line.
 *
 * Cells are made harmless (`safeText`), wide characters count two. Columns that are empty in each row are left out.
 */
export function* tableRows(
  head: readonly string[],
  rows: readonly (readonly (Cell | string)[])[],
  { paint = noPaint, right = [], columns }: TableOptions = {},
): Generator<string> {
  const widths = columnWidths(head, rows);
  if (columns !== undefined) shrink(widths, columns);
  const shown = [...widths.keys()];
  const line = (row: readonly (Cell | string)[]) => {
    let text = "";
    for (const index of shown) {
      const cell = row[index] ?? "";
      const width = widths.get(index)!;
      const whole = safeText(textOf(cell));
      const fit = columns === undefined ? whole : fitWidth(whole, width);
      const painted = typeof cell === "string" || cell.colour === undefined ? fit : paint(cell.colour, fit);
      const space = " ".repeat(Math.max(0, width - displayWidth(fit)));
      text += right.includes(index) ? `${space}${painted}  ` : `${painted}${space}  `;
    }
    return text.trimEnd();
  };
  yield line(head.map((text) => ({ text, colour: "dim" })));
  for (const row of rows) yield line(row);
}

const textOf = (cell: Cell | string): string => typeof cell === "string" ? cell : cell.text;

/** By column, of those that are shown: the widest cell. */
function columnWidths(
  head: readonly string[],
  rows: readonly (readonly (Cell | string)[])[],
): Map<number, number> {
  const widest: number[] = head.map(() => rows.length === 0 ? 0 : -1);
  for (const row of rows) {
    for (let index = 0; index < head.length; index++) {
      const text = textOf(row[index] ?? "");
      if (text !== "") widest[index] = Math.max(widest[index]!, displayWidth(safeText(text)));
    }
  }
  const shown = widest.flatMap((width, index) => width < 0 ? [] : [[index, width] as const]);
  return new Map(shown.map(([index, width]) => [index, Math.max(width, displayWidth(head[index]!))]));
}

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
