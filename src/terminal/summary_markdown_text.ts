/**
 * Text from elsewhere in Markdown: shown as it is, whatever it holds.
 *
 * Written for what GitHub and GitLab render (GitHub Flavored Markdown 0.29), where a reference such as `&#42;` is
 * never structure (§6.2) and a fence ends with as many marks as it began with (§4.5).
 */
import { safeLine, safeText } from "./safe_text.ts";

/** The longest text of a cell, and of a line in a fence, in UTF-16 units. */
const longest = 300;

/** As code: a name, a path, a digest. Pipes, backticks and backslashes go by number, which no table cell ends at. */
export function code(text: string): string {
  const safe = cut(safeText(text));
  if (safe.trim() === "") return safe === "" ? "" : "<code>&#32;</code>";
  return /^[\w./:=,;@+%~#"'()\[\]{} -]+$/.test(safe) && safe === safe.trim()
    ? `\`${safe}\``
    : `<code>${byNumber(safe, /[^A-Za-z0-9 \u0080-\uffff]/g)}</code>`;
}

/** As a sentence; what stands between backticks is code when they come in pairs. Never begins a line of its own. */
export function prose(text: string): string {
  const parts = cut(safeText(text), 2000).split("`");
  const isPaired = parts.length % 2 === 1 &&
    !parts.some((part, index) => index % 2 === 1 && part.trim() === "");
  return parts.map((part, index) => {
    if (isPaired && index % 2 === 1) return code(part);
    // A name after a zero-width space is nobody's to be told.
    return byNumber(part, /[\\`*_{}\[\]<>#|~!&:$^\/]|(?<=\bwww)\./gi).replaceAll("@", "@&#8203;");
  }).join(isPaired ? "" : "&#96;");
}

/** Lines as a program printed them. */
export function fence(lines: readonly string[]): string[] {
  const safe = lines.map((line) => cut(safeLine(line)));
  const runs = safe.flatMap((line) => line.match(/`+/g) ?? []).map((run) => run.length);
  const mark = "`".repeat(Math.max(2, ...runs) + 1);
  return [`${mark}text`, ...safe, mark];
}

/** `rows` hold Markdown. `right` are the columns of numbers. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string[] {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [row(head), row(head.map((_, index) => right.includes(index) ? "--:" : "---")), ...rows.map(row)];
}

const byNumber = (text: string, pattern: RegExp): string =>
  text.replaceAll(pattern, (character) => `&#${character.codePointAt(0)};`);

function cut(text: string, length = longest): string {
  return (text.length <= length ? text : `${text.slice(0, length - 1)}…`).toWellFormed();
}
