/** One step of a written pipeline, as TypeScript. */
import type { ModuleStep, ModuleWord, ModuleWordPart, ParameterSchema } from "./pipeline_module.ts";
import { accessOf, isPlainText, literalOf, memberOf } from "./typescript_text.ts";

/** `step(…)`, not laid out. */
export function stepCode(step: ModuleStep): string {
  const { description, parameters, inputs, outputs, sources, permissions, cache } = step;
  const { net, write, env } = permissions;
  const list = (texts: readonly string[]) => `[${texts.map(literalOf).join(", ")}]`;
  const record = (entries: readonly string[]) => `{\n${entries.map((entry) => `${entry},`).join("\n")}\n}`;
  const granted = [
    ...(net ? ["net: true"] : []),
    ...(write.length === 0 ? [] : [`write: ${list(write)}`]),
    ...(env.length === 0 ? [] : [`env: ${list(env)}`]),
  ];
  const members = [
    ...(description === undefined ? [] : [`description: ${literalOf(description)}`]),
    "env",
    ...(parameters.length === 0 ? [] : [
      `params: ${record(parameters.map(({ name, schema }) => `${memberOf(name)}: ${schemaCode(schema)}`))}`,
    ]),
    ...(inputs.length === 0
      ? []
      : [`inputs: { ${inputs.map(({ name }) => `${memberOf(name)}: file()`).join(", ")} }`]),
    ...(outputs.length === 0 ? [] : [
      `outputs: { ${
        outputs.map(({ name, format }) =>
          `${memberOf(name)}: file(${format === undefined ? "" : `{ format: ${literalOf(format)} }`})`
        ).join(", ")
      } }`,
    ]),
    ...(granted.length === 0 ? [] : [`permissions: { ${granted.join(", ")} }`]),
    ...(cache === undefined ? [] : [`cache: ${cache}`]),
    ...(sources === undefined ? [] : [`sources: ${list(sources)}`]),
    `command: (${holders(step)}) =>\n${templateCode(step.command)}`,
  ];
  return `step(${literalOf(step.name)}, {\n${members.map((member) => `${member},`).join("\n")}\n})`;
}

function holders({ command }: ModuleStep): string {
  const used = new Set(command.flatMap((word) => word.flatMap((part) => part.is === "hole" ? part.of : [])));
  const names = (["params", "inputs", "outputs"] as const).filter((name) => used.has(name));
  return names.length === 0 ? "" : `{ ${names.join(", ")} }`;
}

export function schemaCode(schema: ParameterSchema): string {
  const described = schema.description === undefined ? "" : `.describe(${literalOf(schema.description)})`;
  const made = (type: string, standard: string | undefined) =>
    `${type}${standard === undefined ? "" : `.default(${standard})`}${described}`;
  switch (schema.type) {
    case "float":
    case "int": {
      const { minimum, maximum } = schema;
      const low = minimum === undefined ? "" : `.min(${minimum})`;
      const high = maximum === undefined ? "" : `.max(${maximum})`;
      return made(`${schema.type}()${low}${high}`, schema.default?.toString());
    }
    case "boolean":
      return made("boolean()", schema.default?.toString());
    case "choice":
      return made(`choice(${schema.choices.map(literalOf).join(", ")})`, quoted(schema.default));
    default:
      return made(`${schema.type}()`, quoted(schema.default));
  }
}

const quoted = (text: string | undefined) => text === undefined ? undefined : literalOf(text);

/** In characters of a command: a longer one has several lines. */
const longLine = 60;

function templateCode(command: readonly ModuleWord[]): string {
  const words = command.map((word, index) => {
    const [first] = word;
    const code = word.map((part) => partCode(part)).join("");
    // An unquoted assignment or the beginning of a comment would be read as such.
    const isOdd = first?.is === "text" &&
      (/^[~#]/.test(first.text) || index === 0 && first.text.includes("="));
    return isOdd ? { first, code: `\${${literalOf(first.text)}}${word.slice(1).map(partCode).join("")}` } : {
      first,
      code: word.length === 0 ? "''" : code,
    };
  });
  const hasScript = command.some((word) => word.some((part) => part.is === "script"));
  const isLong = words.reduce((sum, { code }) => sum + code.length + 1, 0) > longLine;
  const lines = words.map(({ first, code }, index) => {
    if (index === 0) return code;
    const text = first?.is === "text" ? first.text : "";
    const begins = hasScript ? /^(source|in|out)$/.test(text) : text.startsWith("-") && text !== "-c";
    return isLong && begins ? `\n      ${code}` : ` ${code}`;
  });
  return `sh\`${lines.join("")}\``;
}

function partCode(part: ModuleWordPart): string {
  switch (part.is) {
    case "text":
      return textCode(part.text);
    case "script":
      return `\${${part.name}}`;
    case "hole":
      return `\${${part.of}${accessOf(part.name)}}`;
  }
}

/** As a shell would have it, where a template can hold it as it is. */
function textCode(text: string): string {
  if (text !== "" && /^[\w@%+=:,./-]+$/.test(text)) return text;
  const isQuotable = isPlainText(text) && !/['`\\]|\$\{/.test(text);
  return isQuotable ? `'${text}'` : `\${${literalOf(text)}}`;
}
