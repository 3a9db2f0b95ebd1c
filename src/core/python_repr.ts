/** Text as Python writes it. */

/** As Python's `repr()` of a `str`: single quotes unless only double ones avoid escapes. */
export function reprOfText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let written = "";
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const named = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", [quote]: `\\${quote}` }[character];
    if (named !== undefined) written += named;
    else if (isPrintable(character)) written += character;
    else if (code < 0x100) written += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (code < 0x10000) written += `\\u${code.toString(16).padStart(4, "0")}`;
    else written += `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return quote + written + quote;
}

/** As Python's `str.isprintable()`: no control, format, surrogate, private or unassigned character, and no space but one. */
const isPrintable = (character: string): boolean => character === " " || !/[\p{C}\p{Z}]/u.test(character);
