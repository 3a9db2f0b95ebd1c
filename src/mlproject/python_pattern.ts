/** Regular expressions of JavaScript in the words of Python. */

/**
 * The same expression for Python's `re` with its `(?a)`; undefined where the two mean different things by it: names of
 * Unicode, named groups, looking behind, `\s`, `\b` and whatever is written with a code.
 */
export function pythonPattern(source: string): string | undefined {
  if (/\\[^\][(){}.*+?^$|\\/dDwW-]|\(\?(?![:=!])|\[\[|\[\^?\]|--|&&|~~|\|\|/.test(source)) return undefined;
  let written = "";
  let isInClass = false;
  for (let index = 0; index < source.length; index++) {
    const character = source[index]!;
    if (character === "\\") {
      written += character + source[++index]!;
      continue;
    }
    if (character === "[") isInClass = true;
    else if (character === "]") isInClass = false;
    // Python's `$` stands before a last line end as well.
    written += character === "$" && !isInClass ? "\\Z" : character;
    // Of line ends only one is none of Python's `.`.
    if (character === "." && !isInClass) written = `${written.slice(0, -1)}[^\\n\\r\\u2028\\u2029]`;
  }
  return `(?a)${written}`;
}
