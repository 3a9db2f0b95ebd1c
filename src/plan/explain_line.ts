/** The first line in which two texts differ. */
import type { LineChange } from "../core/cause.ts";

/** As many characters of a line are shown. */
const longestLine = 160;

/** Undefined for what is no text (UTF-8 without NUL), or is the same. Line ends are `\n`; one of `\r\n` is shown as it is. */
export function firstDifferentLine(old: Uint8Array, next: Uint8Array): LineChange | undefined {
  const [before, now] = [textOf(old), textOf(next)];
  if (before === undefined || now === undefined || before === now) return undefined;
  let [start, line] = [0, 1];
  for (let index = 0; index < before.length && before[index] === now[index]; index++) {
    if (before[index] === "\n") [start, line] = [index + 1, line + 1];
  }
  const [a, b] = [lineAt(before, start), lineAt(now, start)];
  const shown = (text: string | undefined, from: number) =>
    text === undefined ? undefined : excerpt(text, from);
  const column = firstDifference(a ?? "", b ?? "");
  const [oldLine, newLine] = [shown(a, column), shown(b, column)];
  return {
    number: line,
    ...(oldLine === undefined ? {} : { old: oldLine }),
    ...(newLine === undefined ? {} : { new: newLine }),
  };
}

function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Undefined where the text has ended. */
function lineAt(text: string, start: number): string | undefined {
  if (start >= text.length) return undefined;
  const end = text.indexOf("\n", start);
  return end < 0 ? text.slice(start) : text.slice(start, end);
}

function firstDifference(a: string, b: string): number {
  let index = 0;
  while (index < a.length && a[index] === b[index]) index++;
  return index;
}

/** A long line is cut around what differs. */
function excerpt(line: string, column: number): string {
  if (line.length <= longestLine) return line;
  const start = Math.max(0, Math.min(column - longestLine / 4, line.length - longestLine));
  const end = Math.min(line.length, start + longestLine);
  return `${start > 0 ? "…" : ""}${line.slice(start, end)}${end < line.length ? "…" : ""}`;
}
