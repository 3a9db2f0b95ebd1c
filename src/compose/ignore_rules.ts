/**
 * The rules of a `.gitignore`, as gitignore(5) describes them and git's own `wildmatch` reads them: by bytes, with
 * upper and lower case apart. No pattern costs more than its length times that of the path.
 */

/** Whether a path is ignored; undefined where no rule is about it. Relative to the file's folder, with slashes. */
export type IgnoreRules = (path: string, isFolder: boolean) => boolean | undefined;

/** A line that git cannot read either is about nothing. */
export function readIgnoreRules(text: string): IgnoreRules {
  const rules = text.replace(/^\ufeff/, "").split("\n").flatMap((line) => readRule(line) ?? []).reverse();
  return (path, isFolder) => {
    const names = path.split("/").map(bytesOf);
    const rule = rules.find((one) =>
      (isFolder || !one.isOfFolders) &&
      (one.isOfNames ? fits(one.parts[0]!, names.at(-1)!) : fitsPath(one.parts, names))
    );
    return rule === undefined ? undefined : !rule.isExempting;
  };
}

interface Rule {
  readonly isExempting: boolean;
  readonly isOfFolders: boolean;
  /** It has no slash, and is about names wherever they lie. */
  readonly isOfNames: boolean;
  readonly parts: readonly Part[];
}

/** What one name of a path may be, or any number of names. */
type Part = readonly Sign[] | typeof anyDepth;
const anyDepth = "**";
/** A byte, any byte, any bytes, or one of some bytes. */
type Sign = number | "?" | "*" | ReadonlySet<number>;

function readRule(line: string): Rule | undefined {
  let text = withoutTrailingSpaces(line.replace(/\r$/, ""));
  if (text === "" || text.startsWith("#")) return undefined;
  const isExempting = text.startsWith("!");
  if (isExempting) text = text.slice(1);
  const isOfFolders = text.endsWith("/");
  if (isOfFolders) text = text.slice(0, -1);
  const isOfNames = !text.includes("/");
  const parts = readParts(bytesOf(text.replace(/^\//, "")), isOfNames);
  return parts === undefined ? undefined : { isExempting, isOfFolders, isOfNames, parts };
}

/** A space behind a backslash stays. */
function withoutTrailingSpaces(line: string): string {
  const end = /(?<! ) +$/.exec(line)?.index;
  if (end === undefined) return line;
  const backslashes = /\\*$/.exec(line.slice(0, end))![0].length;
  return line.slice(0, backslashes % 2 === 1 ? end + 1 : end);
}

/** UTF-8, a character a byte. */
// deno-lint-ignore no-control-regex -- the rest of what is no ASCII
const bytesOf = (text: string): string => /^[\x00-\x7f]*$/.test(text) ? text : encode(text);
const encode = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");

function readParts(pattern: string, isOfNames: boolean): readonly Part[] | undefined {
  const parts: Sign[][] = [[]];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    if (character === "[") {
      const found = readSet(pattern, at);
      if (found === undefined) return undefined;
      parts.at(-1)!.push(found.set);
      at = found.end;
    } else if (character === "\\") {
      if (++at === pattern.length) return undefined;
      // Behind such a slash a `**` stands for one name at least.
      if (pattern[at] === "/") parts.push(...isAnyDepth(parts.at(-1)!) ? [["*"] as Sign[], []] : [[]]);
      else parts.at(-1)!.push(pattern.charCodeAt(at));
    } else if (character === "/") parts.push([]);
    else parts.at(-1)!.push(character === "?" || character === "*" ? character : character.charCodeAt(0));
  }
  if (isOfNames) return parts;
  return parts.map((part) => isAnyDepth(part) ? anyDepth : part);
}

const isAnyDepth = (part: readonly Sign[]): boolean =>
  part.length === 2 && part.every((sign) => sign === "*");

const classes: ReadonlyMap<string, RegExp> = new Map([
  ["alnum", /[A-Za-z0-9]/],
  ["alpha", /[A-Za-z]/],
  ["blank", /[ \t]/],
  // deno-lint-ignore no-control-regex -- the control characters themselves
  ["cntrl", /[\x00-\x1f\x7f]/],
  ["digit", /[0-9]/],
  ["graph", /[!-~]/],
  ["lower", /[a-z]/],
  ["print", /[ -~]/],
  ["punct", /[!-/:-@[-`{-~]/],
  ["space", /[ \t-\r]/],
  ["upper", /[A-Z]/],
  ["xdigit", /[A-Fa-f0-9]/],
]);

/** From the bracket at `start` to the one at `end`; undefined where it is not closed or names no class that there is. */
function readSet(pattern: string, start: number): { set: ReadonlySet<number>; end: number } | undefined {
  const isNot = /[!^]/.test(pattern[start + 1] ?? "");
  const named = new Set<number>();
  let before = 0;
  let at = start + (isNot ? 2 : 1);
  for (let isFirst = true; isFirst || pattern[at] !== "]"; at++, isFirst = false) {
    if (at >= pattern.length) return undefined;
    const [character, next] = [pattern[at]!, pattern[at + 1]];
    if (character === "-" && before > 0 && next !== undefined && next !== "]") {
      at += next === "\\" ? 2 : 1;
      if (at >= pattern.length) return undefined;
      for (let byte = before; byte <= pattern.charCodeAt(at); byte++) named.add(byte);
      before = 0;
    } else if (character === "[" && next === ":") {
      const close = pattern.indexOf("]", at + 2);
      if (close < 0) return undefined;
      before = 0;
      if (pattern[close - 1] !== ":" || close - 1 < at + 2) named.add(character.charCodeAt(0));
      else {
        const members = classes.get(pattern.slice(at + 2, close - 1));
        if (members === undefined) return undefined;
        for (let byte = 0; byte < 128; byte++) if (members.test(String.fromCharCode(byte))) named.add(byte);
        at = close;
      }
    } else {
      if (character === "\\" && ++at >= pattern.length) return undefined;
      before = pattern.charCodeAt(at);
      named.add(before);
    }
  }
  const set = isNot ? new Set(Array.from({ length: 256 }, (_, byte) => byte)).difference(named) : named;
  return { set, end: at };
}

/** A `**` is tried with one name more whenever what follows does not fit; the one before it needs no other try then. */
function fitsPath(parts: readonly Part[], names: readonly string[]): boolean {
  let [part, name] = [0, 0];
  let retry: readonly [part: number, name: number] | undefined;
  while (name < names.length) {
    const here = parts[part];
    if (here === anyDepth) {
      // At the end it stands for what lies in a folder.
      if (part === parts.length - 1) return true;
      retry = [++part, name];
    } else if (here !== undefined && fits(here, names[name]!)) [part, name] = [part + 1, name + 1];
    else if (retry !== undefined) retry = [part, name] = [retry[0], retry[1] + 1];
    else return false;
  }
  return part === parts.length;
}

/** The same for `*` and bytes. */
function fits(signs: Part, name: string): boolean {
  let [sign, at] = [0, 0];
  let retry: readonly [sign: number, at: number] | undefined;
  while (at < name.length) {
    const here = signs[sign];
    if (here === "*") retry = [++sign, at];
    else if (here !== undefined && fitsSign(here as Sign, name.charCodeAt(at))) {
      [sign, at] = [sign + 1, at + 1];
    } else if (retry !== undefined) retry = [sign, at] = [retry[0], retry[1] + 1];
    else return false;
  }
  while (signs[sign] === "*") sign++;
  return sign === signs.length && name !== "" && signs.length > 0;
}

const fitsSign = (sign: Sign, byte: number): boolean =>
  sign === "?" || (typeof sign === "number" ? sign === byte : typeof sign === "object" && sign.has(byte));
