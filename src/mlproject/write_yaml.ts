/** Values to YAML text that PyYAML reads back as the same values. */
import { resolvePlain } from "./yaml_scalar.ts";

export type WrittenYaml =
  | string
  | number
  | readonly WrittenYaml[]
  | { readonly [key: string]: WrittenYaml | undefined };

/** A block for a map or a list, with a line end; what is undefined is left out. */
export function writeYaml(value: WrittenYaml): string {
  return `${lines(value, "").join("\n")}\n`;
}

function lines(value: WrittenYaml, margin: string): string[] {
  if (typeof value !== "object") return [`${margin}${writeScalar(value)}`];
  if (Array.isArray(value)) return value.flatMap((item) => itemLines(item, margin));
  const entries = Object.entries(value).filter((entry): entry is [string, WrittenYaml] =>
    entry[1] !== undefined
  );
  return entries.flatMap(([key, member]) => {
    const written = writeScalar(key);
    // A key that is longer than YAML's simple keys may be is written with a mark of its own.
    const head = written.length > 100 ? [`${margin}? ${written}`, `${margin}:`] : [`${margin}${written}:`];
    if (typeof member !== "object") return [...head.slice(0, -1), `${head.at(-1)} ${writeScalar(member)}`];
    if (isEmpty(member)) return [...head.slice(0, -1), `${head.at(-1)} ${emptyText(member)}`];
    return [...head, ...lines(member, `${margin}  `)];
  });
}

function itemLines(item: WrittenYaml, margin: string): string[] {
  if (typeof item !== "object") return [`${margin}- ${writeScalar(item)}`];
  if (isEmpty(item)) return [`${margin}- ${emptyText(item)}`];
  const [first, ...rest] = lines(item, `${margin}  `);
  return [`${margin}- ${first!.slice(margin.length + 2)}`, ...rest];
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;
const emptyText = (value: object): string => Array.isArray(value) ? "[]" : "{}";

/** A number stands as the number that it is; a text without quotes only where it is read as that text. */
export function writeScalar(value: string | number): string {
  if (typeof value === "number") return numberText(value);
  const isPlain = /^[\p{L}\p{N}_./+-][\p{L}\p{N}_./+@=<>~ -]*$/u.test(value) && value.trim() === value &&
    !/^(---|\.\.\.|-$|- )/.test(value) && !isNotPrinted.test(value);
  return isPlain && resolvePlain(value)?.is === "text" ? value : quoted(value);
}

/** As PyYAML takes for a number: it reads `1e-7` as a text. */
function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  const [digits, exponent] = String(value).split("e");
  if (exponent === undefined) return digits!;
  const sign = exponent.startsWith("-") ? "-" : "+";
  return `${digits!.includes(".") ? digits : `${digits}.0`}e${sign}${exponent.replace(/^[-+]/, "")}`;
}

/** What PyYAML refuses to see in a file, or takes for the end of a line. */
// deno-lint-ignore no-control-regex -- these are the characters that are meant
const isNotPrinted = /[\0-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]|[\ud800-\udfff](?![\udc00-\udfff])/;

const names: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t" };

function quoted(text: string): string {
  const written = [...text].map((character) => {
    const named = names[character];
    if (named !== undefined) return named;
    const code = character.codePointAt(0)!;
    const isShown = code >= 0x20 && code < 0x7f || code > 0xa0 && !/[\p{C}\p{Z}]/u.test(character);
    if (isShown) return character;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
    if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
    return `\\U${code.toString(16).padStart(8, "0")}`;
  });
  return `"${written.join("")}"`;
}
