/** A line of the table that the benchmark prints. */
import { table } from "./table.ts";

export interface Row {
  readonly work: string;
  /** The bound, as the project set it. */
  readonly must: string;
  readonly reached: string;
  readonly isReached: boolean;
}

/** Bounds and what was reached, as Markdown. */
export function rowsAsMarkdown(rows: readonly Row[]): string {
  return table(
    ["work", "must reach", "reached", ""],
    rows.map((row) => [row.work, row.must, row.reached, row.isReached ? "✓" : "✗"]),
  );
}

/** `0.123 s`, `62 ms`. */
export const seconds = (ms: number): string =>
  ms < 95 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
export const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
