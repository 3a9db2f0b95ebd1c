/** The command of an entry point as an argument vector: its words where it is nothing more, else a shell with its holes. */
import type { ModuleWord, ModuleWordPart } from "./pipeline_module.ts";
import { splitWords } from "./split_words.ts";

export type ShellPart = { readonly is: "text"; readonly text: string } | {
  readonly is: "hole";
  readonly name: string;
};

export interface ShellCommand {
  readonly words: readonly ModuleWord[];
  /** Names of parameters whose holes stand within quotes. */
  readonly quoted: readonly string[];
}

const [begin, end] = ["\uE000", "\uE001"];

/**
 * MLflow puts each value into the text as one quoted word. Here it is an argument of its own, which a shell, where one is
 * needed, reads as `"$1"`.
 */
export function shellCommand(parts: readonly ShellPart[]): ShellCommand {
  const contexts = contextsOf(parts);
  const names = parts.flatMap((part) => part.is === "hole" ? part.name : []);
  const quoted = [...new Set(names.filter((_, index) => contexts[index] !== "plain"))];
  const plain = plainWords(parts, names);
  if (plain !== undefined) return { words: plain, quoted };
  const order = [...new Set(names)];
  const text = withArguments(parts, contexts, order);
  const word = (text: string): ModuleWord => [{ is: "text", text }];
  const values = order.map((name): ModuleWord => [{ is: "hole", of: "params", name }]);
  return {
    words: [word("bash"), word("-c"), word(text), ...(values.length === 0 ? [] : [word("bash"), ...values])],
    quoted,
  };
}

function withArguments(
  parts: readonly ShellPart[],
  contexts: readonly Context[],
  order: readonly string[],
): string {
  let text = "";
  let hole = 0;
  let isAlone = false;
  for (const [index, part] of parts.entries()) {
    if (part.is === "text") {
      text += isAlone ? part.text.slice(1) : part.text;
      isAlone = false;
      continue;
    }
    const context = contexts[hole++]!;
    const next = parts[index + 1];
    // `'{x}'`: the quotes that a value brings along are enough.
    isAlone = context === "single" && text.endsWith("'") && next?.is === "text" && next.text.startsWith("'");
    if (isAlone) text = text.slice(0, -1);
    text += inContext(order.indexOf(part.name) + 1, isAlone ? "plain" : context);
  }
  return text;
}

function plainWords(parts: readonly ShellPart[], names: readonly string[]): ModuleWord[] | undefined {
  if (parts.some((part) => part.is === "text" && /[\uE000\uE001]/.test(part.text))) return undefined;
  let hole = 0;
  const text = parts.map((part) => part.is === "text" ? part.text : `${begin}${hole++}${end}`).join("");
  return splitWords(text)?.map((word): ModuleWord =>
    word.split(/\uE000(\d+)\uE001/).flatMap((piece, index): ModuleWordPart[] => {
      if (index % 2 === 1) return [{ is: "hole", of: "params", name: names[Number(piece)]! }];
      return piece === "" ? [] : [{ is: "text", text: piece }];
    })
  );
}

type Context = "double" | "plain" | "single";

function inContext(position: number, context: Context): string {
  const value = position < 10 ? `$${position}` : `\${${position}}`;
  switch (context) {
    case "plain":
      return `"${value}"`;
    case "double":
      // A digit after it would be read as one of it.
      return `\${${position}}`;
    case "single":
      return `'"${value}"'`;
  }
}

/** Where each hole stands: quotes, and what is again outside of them in `$(…)`. */
function contextsOf(parts: readonly ShellPart[]): readonly Context[] {
  const contexts: Context[] = [];
  const open: Context[] = ["plain"];
  for (const part of parts) {
    const inside = open.at(-1)!;
    if (part.is === "hole") contexts.push(inside);
    else readContext(part.text, open);
  }
  return contexts;
}

function readContext(text: string, open: Context[]): void {
  for (let at = 0; at < text.length; at++) {
    const inside = open.at(-1)!;
    const character = text[at];
    if (inside === "single") {
      if (character === "'") open.pop();
    } else if (character === "\\") at++;
    else if (character === "$" && text[at + 1] === "(") {
      open.push("plain");
      at++;
    } else if (character === ")" && inside === "plain" && open.length > 1) open.pop();
    else if (character === '"') {
      if (inside === "double") open.pop();
      else open.push("double");
    } else if (character === "'" && inside === "plain") open.push("single");
  }
}
