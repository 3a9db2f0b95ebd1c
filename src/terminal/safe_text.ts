/** Makes text from elsewhere harmless to a terminal. */

// deno-lint-ignore no-control-regex -- the control characters are what this file is about
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
// deno-lint-ignore no-control-regex -- as above
const colours = /\u001b\[[0-9;:]*m/g;

/**
 * One line without control characters: they become visible escapes such as `\n`, `\x1b`, `\u{202e}`.
 *
 * Marks that reorder text are escaped as well. Everything else stays as it is.
 */
export function safeText(text: string): string {
  return text.replaceAll(controls, escapeOf);
}

/** A line a program printed: colours are dropped, tabs spread, and only what a carriage return left is kept. */
export function safeLine(line: string): string {
  const last = line.replace(/\r+$/, "").split("\r").at(-1)!;
  return safeText(last.replaceAll(colours, "").replaceAll("\t", "    "));
}

/** Several lines, each made harmless. */
export const safeLines = (text: string): string[] => text.split("\n").map(safeLine);

function escapeOf(character: string): string {
  switch (character) {
    case "\n":
      return "\\n";
    case "\r":
      return "\\r";
    case "\t":
      return "\\t";
  }
  const code = character.codePointAt(0)!;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}
