/** Pipelines for `sluice export`: each construct of the language once, with programs of Python's standard library. */

export interface ExportedCase {
  /** What of the language it is about. */
  readonly name: string;
  /** By path. */
  readonly files: Readonly<Record<string, string>>;
  readonly entryPoint: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Writes its arguments but the last to the file named last, and logs a metric. */
const show = `import json, os, sys
open(sys.argv[-1], "w").write(json.dumps(sys.argv[1:-1], ensure_ascii=False))
open(os.environ["SLUICE_LOG"], "a").write(json.dumps({"metric": "count", "value": len(sys.argv) - 2}) + "\\n")
`;
/** Joins the files that its arguments name into the last of them, and logs how many there were. */
const join = `import json, os, sys
open(sys.argv[-1], "w").write(",".join(open(path).read() for path in sys.argv[1:-1]))
open(os.environ["SLUICE_LOG"], "a").write(json.dumps({"metric": "count", "value": len(sys.argv) - 2}) + "\\n")
`;
const head =
  `import { boolean, choice, each, file, flag, float, given, host, int, main, many, optional, path, pipeline, python, sh, step,
  string, when } from "sluice";
`;
const tail = `
export default chosen;
if (import.meta.main) await main(chosen);
`;
const write =
  `const write = step("write", { env: host(), params: { text: string().default("a") }, outputs: { out: file() },
  metrics: ["count"], sources: ["show.py", "join.py"],
  command: ({ params, outputs }) => sh\`python3 show.py \${params.text} \${outputs.out}\` });
`;

const oneFile = (
  name: string,
  source: string,
  entryPoint = "main",
  parameters: Readonly<Record<string, string>> = {},
): ExportedCase => ({
  name,
  files: { "pipeline.ts": head + source + tail, "show.py": show, "join.py": join },
  entryPoint,
  parameters,
});

export const exportedCases: readonly ExportedCase[] = [
  oneFile(
    "parameters of each type",
    `const all = step("all", { env: host(),
  params: { f: float().gt(0).lt(1).default(0.1), small: float().default(1e-7), i: int().min(0).max(9).default(3),
    b: boolean().default(true), c: choice("no", "0x10").default("no"), s: string().min(1).default("x") },
  outputs: { out: file({ format: "json" }) }, metrics: ["count"], sources: ["show.py", "join.py"],
  command: ({ params: p, outputs }) =>
    sh\`python3 show.py \${p.f} \${p.small} \${p.i} \${p.b} \${p.c} \${p.s} \${outputs.out}\` });
const chosen = pipeline("types", { params: all.params }, (params) => ({ all: all(params) }));`,
    "all",
    { f: "0.25", c: "0x10" },
  ),
  oneFile(
    "defaults with quotes, braces, line ends and letters of all kinds",
    `${write}
const chosen = pipeline("no", { params: { text: write.params.text.default(\`it's "x" {y} $(touch z)\\nü 漢 ~\`) } },
  ({ text }) => ({ write: write({ text }) }));`,
  ),
  oneFile(
    "a parameter that its step leaves unbound",
    `${write}
const chosen = pipeline("unbound", {}, () => ({ write: write({}) }));`,
    "main",
    { "write.text": "given" },
  ),
  oneFile(
    "an input of another step, in order",
    `${write}
const read = step("read", { env: host(), inputs: { from: file() }, outputs: { out: file() }, metrics: ["count"],
  sources: ["show.py", "join.py"], command: ({ inputs, outputs }) => sh\`python3 join.py \${inputs.from} \${outputs.out}\` });
const chosen = pipeline("wired", {}, () => ({ read: read({ from: write({}).out }) }));`,
    "read",
  ),
  oneFile(
    "fan-out, and an input of many",
    `${write}
const join = step("join", { env: host(), inputs: { parts: many(file()) }, outputs: { out: file() },
  metrics: ["count"], sources: ["show.py", "join.py"],
  command: ({ inputs, outputs }) => sh\`python3 join.py \${inputs.parts} \${outputs.out}\` });
const chosen = pipeline("fan", {}, () => {
  const parts = each(["a", "b", "c"], (text, name) => write.as(\`write-\${name}\`, { text }));
  return { join: join({ parts: parts.map((part) => part.out) }) };
});`,
  ),
  ...(["true", "false"] as const).map((more) =>
    oneFile(
      `an optional step that is ${more === "true" ? "taken" : "left out"}`,
      `${write}
const end = step("end", { env: host(), inputs: { extra: optional(file()) }, outputs: { out: file() },
  metrics: ["count"], sources: ["show.py", "join.py"],
  command: ({ outputs }) => sh\`python3 show.py end \${outputs.out}\` });
const chosen = pipeline("sometimes", { params: { more: boolean().default(false) } }, ({ more }) => {
  const extra = when(more, () => write({}));
  return { end: end({ extra: extra.out }) };
});`,
      "main",
      { more },
    )
  ),
  oneFile(
    "a flag, and order without data",
    `${write}
const loud = step("loud", { env: host(), params: { loud: boolean().default(false) }, outputs: { out: file() },
  metrics: ["count"], sources: ["show.py", "join.py"],
  command: ({ params, outputs }) => sh\`python3 show.py \${flag("--loud", params.loud)} \${outputs.out}\` });
const chosen = pipeline("flags", { params: { loud: loud.params.loud } }, ({ loud: isLoud }) => {
  const first = write({});
  return { loud: loud({ loud: isLoud }, { after: [first] }) };
});`,
    "main",
    { loud: "true" },
  ),
  oneFile(
    "a metric as a parameter of a later step",
    `${write}
const later = step("later", { env: host(), params: { size: float() }, outputs: { out: file() }, metrics: ["count"],
  sources: ["show.py", "join.py"], command: ({ params, outputs }) => sh\`python3 show.py \${params.size} b \${outputs.out}\` });
const chosen = pipeline("measured", {}, () => ({ later: later({ size: write({}).count }) }));`,
  ),
  {
    ...oneFile(
      "a given file, and a path that the pipeline names",
      `const read = step("read", { env: host(), params: { at: path().default("data/b.txt") }, inputs: { from: file() },
  outputs: { out: file() }, metrics: ["count"], sources: ["show.py", "join.py"],
  command: ({ params, inputs, outputs }) => sh\`python3 join.py \${inputs.from} \${params.at} \${outputs.out}\` });
const chosen = pipeline("given", {}, () => ({ read: read({ from: given.file("data/a.txt", file()) }) }));`,
    ),
  },
  oneFile(
    "a function in TypeScript",
    `const double = step("double", { params: { n: int().default(2) }, outputs: { out: file({ format: "txt" }) },
  metrics: ["twice"],
  run: async ({ params, outputs, log }) => {
    log.metric("loss", 0.5, 1);
    await Deno.writeTextFile(outputs.out, String(2 * params.n));
    return { twice: 2 * params.n };
  } });
const chosen = pipeline("functions", { params: { n: double.params.n } }, ({ n }) => ({ double: double({ n }) }));`,
    "double",
    { n: "21" },
  ),
  oneFile(
    "a pipeline in a pipeline, twice",
    `${write}
const inner = pipeline("inner", { params: { text: string().default("in") } }, ({ text }) => {
  const { out, count } = write({ text });
  return { out, count };
});
const chosen = pipeline("outer", { params: { text: string().default("out") } }, ({ text }) => {
  const first = inner.as("first", { text });
  const second = inner.as("second", {});
  return { first: first.out, second: second.out };
});`,
  ),
  oneFile(
    "two environments, neither with MLflow",
    `const with_ = (name: string) => python({ version: "3.11", requirements: [name] });
const first = step("first", { env: with_("six==1.17.0"), outputs: { out: file() }, metrics: ["count"],
  sources: ["show.py"], command: ({ outputs }) => sh\`python show.py a \${outputs.out}\` });
const second = step("second", { env: with_("idna==3.11"), inputs: { from: file() }, outputs: { out: file() },
  metrics: ["count"], sources: ["join.py"],
  command: ({ inputs, outputs }) => sh\`python join.py \${inputs.from} \${outputs.out}\` });
const chosen = pipeline("two", {}, () => ({ second: second({ from: first({}).out }) }));`,
  ),
].map((one) => ({ ...one, files: { ...one.files, "data/a.txt": "a\n", "data/b.txt": "b\n" } }));
