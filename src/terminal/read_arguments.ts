/** Reads an argument vector against what is known; decides nothing that cannot be known from the words alone. */

/** What a name stands for. */
export interface Known<T> {
  readonly of: T;
  /** A `boolean` takes no value, `=true`, `=false`, or a following `true` or `false`. */
  readonly takes: "value" | "nothing" | "boolean";
  /** Written as `--no-name`. */
  readonly isNegated?: boolean;
}

export type ReadArgument<T> =
  | { readonly is: "positional"; readonly text: string; readonly index: number }
  /** `text` is the value as typed; `true` of a switch. `written` is how it was named: `--alpha`, `-P`. */
  | { readonly is: "option"; readonly of: T; readonly text: string; readonly written: string }
  | { readonly is: "unknown"; readonly written: string; readonly index: number }
  | { readonly is: "value-missing"; readonly of: T; readonly written: string; readonly found?: string }
  | { readonly is: "value-unwanted"; readonly of: T; readonly written: string; readonly text: string };

/**
 * Splits `argv` into positionals and options.
 *
 * `--name value`, `--name=value`, `-n value`, `-nvalue`; after `--` everything is positional. A value may be
 * negative (`--alpha -1`); one that looks like an option is written `--name=-x`.
 * `find` gets a name as typed, with its dashes.
 */
export function readArguments<T>(
  argv: readonly string[],
  find: (written: string) => Known<T> | undefined,
): ReadArgument<T>[] {
  const read: ReadArgument<T>[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === "--") {
      for (let rest = index + 1; rest < argv.length; rest++) {
        read.push({ is: "positional", text: argv[rest]!, index: rest });
      }
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      read.push({ is: "positional", text: word, index });
      continue;
    }
    const [written, inline] = splitWord(word);
    const known = find(written);
    if (known === undefined) {
      read.push({ is: "unknown", written, index });
      continue;
    }
    const [argument, taken] = readOption(known, written, inline, argv[index + 1]);
    read.push(argument);
    index += taken;
  }
  return read;
}

function splitWord(word: string): [written: string, inline: string | undefined] {
  if (!word.startsWith("--")) return [word.slice(0, 2), word.length > 2 ? word.slice(2) : undefined];
  const equals = word.indexOf("=");
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

/** The argument, and how many words after it belong to it. */
function readOption<T>(
  { of, takes, isNegated }: Known<T>,
  written: string,
  inline: string | undefined,
  next: string | undefined,
): [ReadArgument<T>, number] {
  if (isNegated || takes === "nothing") {
    if (inline !== undefined) return [{ is: "value-unwanted", of, written, text: inline }, 0];
    return [{ is: "option", of, written, text: isNegated ? "false" : "true" }, 0];
  }
  if (inline !== undefined) return [{ is: "option", of, written, text: inline }, 0];
  if (takes === "boolean") {
    const isSaid = next === "true" || next === "false";
    return [{ is: "option", of, written, text: isSaid ? next : "true" }, isSaid ? 1 : 0];
  }
  if (next === undefined) return [{ is: "value-missing", of, written }, 0];
  if (looksLikeOption(next)) return [{ is: "value-missing", of, written, found: next }, 0];
  return [{ is: "option", of, written, text: next }, 1];
}

const looksLikeOption = (word: string) =>
  word.startsWith("-") && word !== "-" && !/^-(\.?\d|inf|nan)/i.test(word);
