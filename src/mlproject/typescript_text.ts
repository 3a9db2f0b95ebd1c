/** What others wrote, as text of TypeScript: it stays a literal or a comment, whatever it holds. */
import { kebabCase } from "../core/kebab_case.ts";

/** A string literal. What does not show, and what turns the direction of writing, is escaped. */
export const literalOf = (text: string): string => JSON.stringify(text).replace(unseen, escaped);

/** For the rest of a line after `//`. */
export const commentOf = (text: string): string => text.replaceAll("\n", "\\n").replace(unseen, escaped);

/** The name of a member, in quotes where it must be. */
export const memberOf = (name: string): string => isIdentifier(name) ? name : literalOf(name);

/** `.name`, or `["name"]`. */
export const accessOf = (name: string): string => isIdentifier(name) ? `.${name}` : `[${literalOf(name)}]`;

/** Whether the text shows as it is: it may have lines. */
export const isPlainText = (text: string): boolean => text.replaceAll("\n", "").search(unseen) < 0;

const isIdentifier = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name !== "__proto__";

/** All that is no letter, mark, number, punctuation, symbol or space. */
const unseen = /[^\P{C}]|[^\P{Z} ]/gu;

const escaped = (character: string): string =>
  character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");

/** A name in camel case that is none of `taken`, to which it is added. */
export function variableOf(name: string, taken: Set<string>): string {
  const camel = name.replace(/[^A-Za-z0-9]+(.?)/g, (_, next: string) => next.toUpperCase())
    .replace(/^[^A-Za-z]+/, "").replace(/^[A-Z]/, (first) => first.toLowerCase());
  return claimed(camel === "" ? "it" : camel, "", taken);
}

/** `text` as a name of what a pipeline has: letters, digits, `_` and `-`. It is none of `taken`, as a command line reads names. */
export function nameOf(text: string, otherwise: string, taken: Set<string>): string {
  const plain = text.normalize("NFKD").replaceAll(/\p{M}+/gu, "").replaceAll(/[^A-Za-z0-9_-]+/g, "-")
    .replaceAll(/^[^A-Za-z_]+|-+$/g, "").slice(0, 120);
  return claimed(plain === "" ? otherwise : plain, "-", taken);
}

function claimed(name: string, between: string, taken: Set<string>): string {
  const key = (text: string) => between === "" ? text : kebabCase(text);
  const isFree = (text: string) => !taken.has(key(text)) && !(text in Object.prototype);
  let found = name;
  for (let count = 2; !isFree(found); count++) found = `${name}${between}${count}`;
  taken.add(key(found));
  return found;
}
