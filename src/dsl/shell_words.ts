/** Command text to words by the quoting rules of a POSIX shell, and nothing else that a shell does. */

/** A piece of a word under way: text, or a hole that the caller knows by its index. */
export type Piece = { readonly text: string } | { readonly hole: number };

/** What was read, or what the text holds that only a shell would understand. */
export type ShellWords =
  | { readonly is: "words"; readonly words: readonly (readonly Piece[])[] }
  | { readonly is: "refused"; readonly found: string; readonly why: "operator" | "unclosed" | "unquoted" };

const operators = new Set("|&;<>()$`*?[");
const blanks = new Set(" \t\r\n");

/**
 * `texts` are what stands before, between and after the holes, as written.
 *
 * Single quotes keep everything; double quotes let a backslash escape `"`, `\`, `$` and a backtick; a backslash
 * outside quotes keeps the next character. Blanks and newlines separate words. A hole never ends a word by itself,
 * in quotes or not.
 */
export function readShellWords(texts: readonly string[]): ShellWords {
  const words: (readonly Piece[])[] = [];
  let word: Piece[] | undefined;
  let quote: "'" | '"' | undefined;
  const add = (text: string) => {
    word ??= [];
    const last = word.at(-1);
    if (last !== undefined && "text" in last) word[word.length - 1] = { text: last.text + text };
    else word.push({ text });
  };
  const end = () => {
    if (word !== undefined) words.push(withoutEmptyText(word));
    word = undefined;
  };
  for (const [index, text] of texts.entries()) {
    for (let at = 0; at < text.length; at++) {
      const character = text[at]!;
      const next = text[at + 1];
      if (quote === "'") {
        if (character === "'") quote = undefined;
        else add(character);
      } else if (quote === '"') {
        if (character === '"') quote = undefined;
        else if (character === "$" || character === "`") return refused(character, "operator");
        else if (character === "\\" && next !== undefined && '"\\$`\n'.includes(next)) {
          at++, next === "\n" || add(next);
        } else add(character);
      } else if (character === "'" || character === '"') quote = character, add("");
      else if (blanks.has(character)) end();
      else if (character === "\\") {
        if (next === undefined) return refused("\\", "unclosed");
        at++;
        if (next !== "\n") add(next);
      } else if (operators.has(character)) return refused(character, "operator");
      else if (word === undefined && (character === "~" || character === "#")) {
        return refused(character, "unquoted");
      } else add(character);
    }
    if (index < texts.length - 1) (word ??= []).push({ hole: index });
  }
  if (quote !== undefined) return refused(quote, "unclosed");
  end();
  return { is: "words", words };
}

const refused = (found: string, why: "operator" | "unclosed" | "unquoted"): ShellWords => ({
  is: "refused",
  found,
  why,
});

/** Empty quotes are a word of their own only. */
function withoutEmptyText(word: readonly Piece[]): readonly Piece[] {
  return word.length === 1 ? word : word.filter((piece) => !("text" in piece) || piece.text !== "");
}
