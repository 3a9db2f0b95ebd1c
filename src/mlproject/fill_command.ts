/**
 * The command of an entry point with its parameters in it: what MLflow gives to `bash -c`. Its holes are those of Python's
 * `str.format`, its values quoted as `shlex.quote` does, so that a shell finds each as one word.
 */
import { fail, type Result, succeed } from "../core/error.ts";
import type { WordPart } from "../core/command.ts";
import type { ProjectEntryPoint } from "../core/mlproject.ts";

/** As Python's `shlex.quote`: one word of a POSIX shell. */
export const quoteWord = (text: string): string =>
  text === "" ? "''" : /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;

/** Values by name, in order, not quoted yet. */
export type Values = ReadonlyMap<string, string>;

/** `extra` are parameters that the entry point does not name: they follow as `--name value`. Fails with COMMAND_SYNTAX. */
export function fillCommand(entryPoint: ProjectEntryPoint, values: Values, extra: Values): Result<string> {
  const parts = commandParts(entryPoint, values, extra, () => false);
  return parts.ok ? succeed(parts.value.map((part) => part.is === "text" ? part.text : "").join("")) : parts;
}

/** The same, but that holes of `kept` parameters, unless they are to be padded or cut, are not filled yet. */
export function commandParts(
  entryPoint: ProjectEntryPoint,
  values: Values,
  extra: Values,
  isKept: (parameter: string) => boolean,
): Result<readonly WordPart[]> {
  const invalid = (what: string): Result<never> =>
    fail({
      code: "COMMAND_SYNTAX",
      message: `Cannot run entry point \`${entryPoint.name}\` as ${what}`,
      at: entryPoint.place,
      hint: "A hole is the name of a parameter in braces, such as `{alpha}`; a brace itself is written twice",
    });
  if (entryPoint.command === undefined) return invalid("it has no command");
  const parts = readTemplate(entryPoint.command);
  if (typeof parts === "string") return invalid(`in its command ${parts}`);
  const filled: WordPart[] = [];
  for (const part of parts) {
    if (part.is === "text") {
      filled.push(part);
      continue;
    }
    const value = values.get(part.name);
    if (value === undefined) return invalid(`its command has a hole \`{${part.name}}\` without a value`);
    filled.push(
      part.width === 0 && part.precision === undefined && isKept(part.name)
        ? { is: "hole", of: "parameter", name: part.name }
        : { is: "text", text: formatted(quoteWord(value), part) },
    );
  }
  const after = [...extra].map(([name, value]) => ` --${quoteWord(name)} ${quoteWord(value)}`);
  return succeed([...filled, { is: "text", text: after.join("") }]);
}

/** The names in its holes, each once, in order; none of a command that cannot be read. */
export function holesOf(command: string): string[] {
  const parts = readTemplate(command);
  return typeof parts === "string"
    ? []
    : [...new Set(parts.flatMap((part) => part.is === "hole" ? part.name : []))];
}

type TemplatePart = { readonly is: "text"; readonly text: string } | Hole;
interface Hole {
  readonly is: "hole";
  readonly name: string;
  readonly fill: string;
  readonly align: "<" | ">" | "^";
  readonly width: number;
  /** At most so many characters of the value. */
  readonly precision?: number;
}

/** A name, `!s`, which changes nothing, and how to pad and cut a text. What looks into a value (`[0]`, `!r`) is refused. */
const hole = /^([^{}!:[\].]*)(?:!s)?(?::(?:(.)?([<>^]))?(0?)([0-9]{0,4})(?:\.([0-9]{1,4}))?(s?))?$/su;

/** The parts of a template, or what is wrong with it. */
export function readTemplate(template: string): readonly TemplatePart[] | string {
  const parts: TemplatePart[] = [];
  const pattern = /\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/gy;
  for (const [found, inside] of template.matchAll(pattern)) {
    if (found === "{{" || found === "}}") parts.push({ is: "text", text: found[0]! });
    else if (inside !== undefined) {
      const part = readHole(inside);
      if (part === undefined) return `\`${found}\` is no hole for a parameter`;
      parts.push(part);
    } else if (found === "{" || found === "}") return `a \`${found}\` stands alone`;
    else parts.push({ is: "text", text: found });
  }
  return parts;
}

function readHole(text: string): Hole | undefined {
  const match = hole.exec(text);
  if (match === null || match[1] === "") return undefined;
  const [, name, fill, align, zero, width, precision] = match;
  return {
    is: "hole",
    name: name!,
    fill: fill ?? (zero ? "0" : " "),
    align: (align ?? "<") as Hole["align"],
    width: Number(width || 0),
    ...(precision === undefined ? {} : { precision: Number(precision) }),
  };
}

function formatted(quoted: string, { fill, align, width, precision }: Hole): string {
  const characters = [...quoted].slice(0, precision);
  const missing = Math.max(0, width - characters.length);
  const before = align === "<" ? 0 : align === ">" ? missing : Math.floor(missing / 2);
  return fill.repeat(before) + characters.join("") + fill.repeat(missing - before);
}
