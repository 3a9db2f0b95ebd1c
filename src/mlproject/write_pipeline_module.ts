/** The text of a `pipeline.ts` from its values. Whatever they hold stays a literal or a comment. */
import type { ModuleEnvironment, PipelineModule } from "./pipeline_module.ts";
import { stepCode } from "./step_code.ts";
import { accessOf, commentOf, literalOf, memberOf, variableOf } from "./typescript_text.ts";

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
