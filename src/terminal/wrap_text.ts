/** Text broken into lines of at most some width. */
import { displayWidth, padWidth } from "./display_width.ts";

/** Breaks at spaces; a word that is too long stands alone. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && displayWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

/** Terms at the left, their text at the right, wrapped; a long term has its text on the next line. */
export function definitionLines(
  entries: readonly (readonly [term: string, text: string])[],
  columns: number,
): string[] {
  const longest = Math.max(0, ...entries.map(([term]) => displayWidth(term)).filter((width) => width <= 28));
  const left = 2 + longest + 2;
  const width = Math.max(24, columns - left);
  return entries.flatMap(([term, text]) => {
    const lines = wrapText(text, width).map((line) => " ".repeat(left) + line);
    if (displayWidth(term) > longest) return [`  ${term}`, ...(text === "" ? [] : lines)];
    const first = lines.shift() ?? "";
    return [padWidth(`  ${term}`, left) + first.slice(left), ...lines].map((line) => line.trimEnd());
  });
}
