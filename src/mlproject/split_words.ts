/** Shell text that is nothing but words, as the words that a shell makes of it. */

/**
 * Undefined for text that asks a shell for more than words: operators, expansions, patterns, comments, several lines, a
 * variable set before the program, or a quote without its end.
 */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  const pattern =
    /(?<space>[ \t]+)|'(?<single>[^']*)'|"(?<double>(?:[^"\\$`!]|\\[^])*)"|\\(?<escaped>[^\n])|(?<plain>[\w@%+=:,./^-]+|[\u0080-\uffff]+)/gy;
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    end = match.index + match[0].length;
    const { space, single, double, escaped, plain } = match.groups!;
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (words.length === 0 && plain?.includes("=")) return undefined;
    // In double quotes a backslash is one before any but these.
    word = (word ?? "") + (single ?? double?.replace(/\\([$`"\\])|\\\n/g, "$1") ?? escaped ?? plain ?? "");
  }
  if (end !== text.length) return undefined;
  if (word !== undefined) words.push(word);
  return words.length === 0 || isReserved(words[0]!) ? undefined : words;
}

/** What a shell does itself at the beginning of a command. */
const isReserved = (word: string): boolean =>
  /^(if|then|else|elif|fi|case|esac|for|select|while|until|do|done|function|time|coproc|in|\[\[|!|\{|\}|exec|cd|export|source|\.|set|eval|alias|exit|ulimit|umask|trap|type|unset|read|wait|command|builtin|shift|local|declare|typeset|readonly|return|break|continue|pushd|popd|dirs|let|getopts|hash|bg|fg|jobs|history|shopt|enable|help|logout|mapfile|readarray|caller|compgen|complete|compopt|disown|suspend|times|bind|fc|:)$/
    .test(word);
