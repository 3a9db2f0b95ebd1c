/** A `pipeline.ts` as values, and its text: what an MLproject or a dvc.yaml becomes. */
import { accessOf, commentOf, isPlainText, literalOf, memberOf, variableOf } from "./typescript_text.ts";

export interface PipelineModule {
  /** Of the pipeline. */
  readonly name: string;
  /** What the module is made of, as a path. */
  readonly origin: string;
  /** What is other than it was there, a sentence each. */
  readonly notes: readonly string[];
  readonly environment: ModuleEnvironment;
  /** Of the module: constants before the steps, by name, each text of a shell. */
  readonly scripts?: Readonly<Record<string, ModuleScript>>;
  readonly parameters: readonly ModuleParameter[];
  /** In an order in which each comes after those that it needs. */
  readonly steps: readonly ModuleStep[];
  /** Files of JSON whose numbers are logged, each by a step of its own. */
  readonly logged?: readonly LoggedFile[];
  /** Names of the steps that the pipeline returns; those that log are returned as well. */
  readonly results: readonly string[];
}

export interface LoggedFile {
  readonly name: string;
  readonly step: string;
  readonly output: string;
}

export interface ModuleScript {
  readonly about: string;
  readonly text: string;
}

export type ModuleEnvironment =
  | { readonly is: "python"; readonly version?: string; readonly requirements: readonly string[] | string }
  | { readonly is: "conda"; readonly file: string }
  | { readonly is: "docker"; readonly image: string }
  | { readonly is: "host" };

/** Of the pipeline, as a step declares it. */
export interface ModuleParameter {
  readonly name: string;
  readonly step: string;
  readonly parameter: string;
}

export interface ModuleStep {
  readonly name: string;
  readonly description?: string;
  /** What stands before it, a line each. */
  readonly notes: readonly string[];
  readonly parameters: readonly StepParameter[];
  readonly inputs: readonly StepInput[];
  readonly outputs: readonly StepOutput[];
  readonly sources?: readonly string[];
  readonly permissions: {
    readonly net: boolean;
    readonly write: readonly string[];
    readonly env: readonly string[];
  };
  readonly cache?: boolean;
  readonly command: readonly ModuleWord[];
  /** Names of steps to finish first, beside those whose outputs it takes. */
  readonly after: readonly string[];
}

export interface StepParameter {
  readonly name: string;
  readonly schema: ParameterSchema;
  /** The pipeline's parameter that it gets; absent: it is set by the step's name. */
  readonly from?: string;
}

export type ParameterSchema =
  & { readonly description?: string }
  & (
    | {
      readonly type: "float" | "int";
      readonly minimum?: number;
      readonly maximum?: number;
      readonly default?: number;
    }
    | { readonly type: "boolean"; readonly default?: boolean }
    | { readonly type: "path" | "string" | "uri"; readonly default?: string }
    | { readonly type: "choice"; readonly choices: readonly string[]; readonly default?: string }
  );

export interface StepInput {
  readonly name: string;
  readonly from:
    | { readonly is: "output"; readonly step: string; readonly output: string }
    | { readonly is: "file"; readonly path: string };
}

export interface StepOutput {
  readonly name: string;
  /** Such as `csv`; absent for what has none, such as a folder. */
  readonly format?: string;
}

/** One argument of a command. */
export type ModuleWord = readonly ModuleWordPart[];
export type ModuleWordPart =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "script"; readonly name: string }
  | { readonly is: "hole"; readonly of: "inputs" | "outputs" | "params"; readonly name: string };

/** Not laid out: `deno fmt` does that. */
export function writePipelineModule(module: PipelineModule): string {
  const taken = new Set(reserved);
  const variables = new Map(
    module.steps.map(({ name }) => [name, { step: "", use: variableOf(name, taken) }]),
  );
  for (const variable of variables.values()) variable.step = variableOf(`${variable.use}Step`, taken);
  const pipelineVariable = variableOf(`${module.name}-pipeline`, taken);
  const of = (name: string) => variables.get(name)!;
  const scripts = Object.entries(module.scripts ?? {});
  const body = [
    `const env = ${environmentCode(module.environment)};`,
    ...scripts.map(([name, { about, text }]) => `/** ${about} */\nconst ${name} = String.raw\`\n${text}\`;`),
    ...module.steps.map((step) => `${comments(step.notes)}const ${of(step.name).step} = ${stepCode(step)};`),
    ...(module.logged === undefined || module.logged.length === 0 ? [] : [logStep]),
    [
      `const ${pipelineVariable} = pipeline(${literalOf(module.name)}, {`,
      module.parameters.length === 0
        ? ""
        : `params: {${
          module.parameters.map(({ name, step, parameter }) =>
            `${memberOf(name)}: ${of(step).step}.params${accessOf(parameter)},`
          ).join("\n")
        }},`,
      `}, (${module.parameters.length === 0 ? "" : "params"}) => {`,
      ...wiring(module, of),
      "});",
    ].join("\n"),
    `export default ${pipelineVariable};\nif (import.meta.main) await main(${pipelineVariable});`,
  ].join("\n\n");
  return [
    `// Written by \`sluice import\` of ${commentOf(module.origin)}.`,
    ...module.notes.map((note) => `// - ${commentOf(note)}`),
    `import { ${importedNames(module).join(", ")} } from "sluice";`,
    "",
    `${body}\n`,
  ].join("\n");
}

const logStep = `/** Logs each number of a file of JSON, under its path in it. */
const logNumbers = step("log-numbers", {
inputs: { metrics: file() },
run: async ({ inputs, log }) => {
const visit = (value: unknown, path: string) => {
if (typeof value === "number") log.metric(path.replace(/[^\\w./ -]/g, "_"), value);
else if (typeof value === "object" && value !== null) {
for (const [name, member] of Object.entries(value)) {
visit(member, path === "" ? name : path + "." + name);
}
}
};
visit(JSON.parse(await Deno.readTextFile(inputs.metrics)), "");
},
});`;

const publicNames = [
  ...["choice", "conda", "docker", "file", "float", "given", "host", "int", "main"],
  ...["boolean", "path", "pipeline", "python", "sh", "step", "string", "uri"],
].sort();

/** What the module uses of these. */
function importedNames({ environment, steps }: PipelineModule): readonly string[] {
  const inputs = steps.flatMap((step) => step.inputs);
  const hasFiles = inputs.length > 0 || steps.some(({ outputs }) => outputs.length > 0);
  const used = new Set([
    ...["main", "pipeline", "sh", "step", environment.is],
    ...(hasFiles ? ["file"] : []),
    ...(inputs.some(({ from }) => from.is === "file") ? ["given"] : []),
    ...steps.flatMap(({ parameters }) => parameters.map(({ schema }) => schema.type)),
  ]);
  return publicNames.filter((name) => used.has(name));
}

/** No variable of a step is named so. */
const reserved = [
  ...publicNames,
  ...[
    "env",
    "params",
    "inputs",
    "outputs",
    "command",
    "workspace",
    "logNumbers",
    "String",
    "Object",
    "Deno",
    "globalThis",
  ],
  ...[
    "arguments",
    "as",
    "async",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
  ],
  ...[
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "from",
  ],
  ...["function", "if", "implements", "import", "in", "instanceof", "interface", "let", "new", "null", "of"],
  ...["package", "private", "protected", "public", "return", "static", "super", "switch", "this", "throw"],
  ...[
    "true",
    "try",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
    "any",
    "number",
    "object",
  ],
];

const comments = (lines: readonly string[]): string =>
  lines.map((line) => `// ${commentOf(line)}\n`).join("");

function wiring(
  { steps, results, logged = [] }: PipelineModule,
  of: (name: string) => { readonly step: string; readonly use: string },
): string[] {
  const needed = new Set([
    ...results,
    ...logged.map(({ step }) => step),
    ...steps.flatMap(({ after, inputs }) => [
      ...after,
      ...inputs.flatMap(({ from }) => from.is === "output" ? from.step : []),
    ]),
  ]);
  const lines = steps.map((step) => {
    const given = [
      ...step.inputs.map(({ name, from }) =>
        `${memberOf(name)}: ${
          from.is === "file"
            ? `given.file(${literalOf(from.path)}, file())`
            : `${of(from.step).use}${accessOf(from.output)}`
        }`
      ),
      ...step.parameters.flatMap(({ name, from }) =>
        from === undefined ? [] : `${memberOf(name)}: params${accessOf(from)}`
      ),
    ];
    const order = step.after.length === 0
      ? ""
      : `, { after: [${step.after.map((name) => of(name).use).join(", ")}] }`;
    const variable = needed.has(step.name) ? `const ${of(step.name).use} = ` : "";
    return `${variable}${of(step.name).step}({ ${given.join(", ")} }${order});`;
  });
  const returned = results.map((name) => {
    const { use } = of(name);
    return use === name ? use : `${memberOf(name)}: ${use}`;
  });
  for (const { name, step, output } of logged) {
    const use = `logNumbers.as(${literalOf(name)}, { metrics: ${of(step).use}${accessOf(output)} })`;
    returned.push(`${memberOf(name)}: ${use}`);
  }
  return [...lines, `return { ${returned.join(", ")} };`];
}

function environmentCode(environment: ModuleEnvironment): string {
  switch (environment.is) {
    case "python": {
      const version = environment.version === undefined ? "" : `version: ${literalOf(environment.version)}, `;
      const { requirements } = environment;
      const listed = typeof requirements === "string"
        ? literalOf(requirements)
        : `[${requirements.map(literalOf).join(", ")}]`;
      return `python({ ${version}requirements: ${listed} })`;
    }
    case "conda":
      return `conda({ file: ${literalOf(environment.file)} })`;
    case "docker":
      return `docker({ image: ${literalOf(environment.image)} })`;
    case "host":
      return "host()";
  }
}

function stepCode(step: ModuleStep): string {
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
