/** What a step is as plain data: its environment, kinds, permissions and limits. */
import assert from "node:assert/strict";
import {
  boolean,
  choice,
  dataset,
  deno,
  file,
  flag,
  float,
  host,
  int,
  many,
  model,
  optional,
  pipeline,
  python,
  sh,
  step,
  string,
} from "sluice";
import { z } from "zod";
import type { StepDefinition } from "../../src/core/pipeline.ts";
import { definitionOf } from "../../src/dsl/pipeline.ts";
import { findKindConflict } from "../../src/dsl/spec_fits.ts";
import { type Kind, specOfKind } from "../../src/dsl/kinds.ts";

const folder = import.meta.dirname!;

const whole = step("whole", {
  description: "All that a step can say",
  env: python({ version: "3.12", requirements: ["pandas==2.3.3"] }),
  params: { alpha: float().default(1), quick: boolean().default(false) },
  inputs: { one: file(), some: many(file({ format: ".png" })), none: optional(model("sklearn")) },
  outputs: {
    table: dataset({ a: z.number() }, { format: "parquet" }),
    model: model("sklearn", "onnx"),
    plot: file({ format: "png" }),
  },
  metrics: ["loss"],
  permissions: { net: ["example.com:80"], read: ["data", "/usr/share"], env: ["HOME"], gpu: true },
  retries: 2,
  timeout: "1.5m",
  cores: 4,
  memory: "2GB",
  cpuTime: "3h",
  sandbox: "full",
  cache: false,
  sources: ["train.py"],
  command: ({ params, inputs, outputs }) =>
    sh`x ${inputs.one} ${inputs.some} ${outputs.table} ${params.alpha} ${flag("-q", params.quick)}`,
});
const small = step("small", { run: () => {} });

/** The definition of a step that takes nothing more than it is given here. */
function definitions(): readonly StepDefinition[] {
  const { steps } = definitionOf(pipeline("p", {}, () => {
    small({});
    const files = step("files", { outputs: { one: file() }, run: () => {} })({});
    whole({ one: files.one, some: [] });
  }));
  return steps.map((use) => use.definition);
}

Deno.test("a step is plain data with all that it says", () => {
  const [least, , most] = definitions();
  const { place, ...rest } = most!;
  assert.equal(place.file, import.meta.url);
  const name = (of: "parameter" | "input" | "output", name: string) => ({
    is: "word",
    parts: [{ is: "hole", of, name }],
  });
  assert.deepEqual(rest, {
    name: "whole",
    description: "All that a step can say",
    module: import.meta.url,
    environment: {
      kind: "python",
      version: "3.12",
      requirements: { from: "list", requirements: ["pandas==2.3.3"] },
    },
    parameters: { alpha: { type: "float", default: 1 }, quick: { type: "boolean", default: false } },
    inputs: {
      one: { kind: { kind: "file" }, takes: "one" },
      some: { kind: { kind: "file", format: "png" }, takes: "many" },
      none: { kind: { kind: "model", flavors: ["sklearn"] }, takes: "optional" },
    },
    outputs: {
      table: { kind: "dataset", columns: { a: { type: "number" } }, format: "parquet" },
      model: { kind: "model", flavors: ["sklearn", "onnx"] },
      plot: { kind: "file", format: "png" },
    },
    metrics: ["loss"],
    body: {
      is: "command",
      command: {
        words: [
          { is: "word", parts: [{ is: "text", text: "x" }] },
          name("input", "one"),
          { is: "each", input: "some" },
          name("output", "table"),
          name("parameter", "alpha"),
          { is: "flag", flag: "-q", parameter: "quick" },
        ],
      },
    },
    permissions: {
      net: ["example.com:80"],
      read: [`${folder}/data`, "/usr/share"],
      write: [],
      env: ["HOME"],
      gpu: true,
    },
    limits: { retries: 2, cores: 4, timeoutMs: 90_000, memoryBytes: 2_000_000_000, cpuTimeMs: 10_800_000 },
    sandbox: "full",
    cache: false,
    sources: ["train.py"],
  });
  assert.deepEqual(least?.body, { is: "function" });
  assert.deepEqual(least?.environment, { kind: "deno" });
  assert.deepEqual(least?.permissions, { net: false, read: [], write: [], env: [], gpu: false });
  assert.deepEqual(least?.limits, { retries: 0, cores: 1 });
});

for (
  const [name, environment, spec] of [
    ["a file", python({ requirements: "requirements.txt" }), {
      kind: "python",
      requirements: { from: "file", path: `${folder}/requirements.txt` },
    }],
    ["a project", python({ version: "3.11", project: ".." }), {
      kind: "python",
      version: "3.11",
      requirements: { from: "file", path: folder.slice(0, folder.lastIndexOf("/")) },
    }],
    ["deno", deno(), { kind: "deno" }],
    ["host", host(), { kind: "host" }],
  ] as const
) {
  Deno.test(`an environment of ${name} is plain data`, () => assert.deepEqual(environment, spec));
}

Deno.test("columns are read from schemas", () => {
  const kind = dataset({
    number: float(),
    whole: int(),
    wholeToo: z.number().int(),
    text: string(),
    flag: boolean(),
    choice: choice("a", "b"),
    gap: z.number().nullable(),
    gapToo: z.enum(["a"]).optional(),
  });
  assert.deepEqual(specOfKind(kind), {
    kind: "dataset",
    format: "csv",
    columns: {
      number: { type: "number" },
      whole: { type: "integer" },
      wholeToo: { type: "integer" },
      text: { type: "string" },
      flag: { type: "boolean" },
      choice: { type: "string", choices: ["a", "b"] },
      gap: { type: "number", optional: true },
      gapToo: { type: "string", choices: ["a"], optional: true },
    },
  });
});

const kinds: readonly (readonly [from: Kind, to: Kind, conflict: string | undefined])[] = [
  [file(), file(), undefined],
  [file({ format: "png" }), file(), undefined],
  [file(), file({ format: "png" }), undefined],
  [file({ format: "svg" }), file({ format: "png" }), "the format png is wanted, not svg"],
  [model("a", "b"), model("b"), undefined],
  [model("a"), model("a", "b"), "a model of flavor b is wanted, not of a"],
  [file(), model("a"), "a model is wanted, not a file"],
  [dataset({ a: int(), b: string() }), dataset({ a: float() }), undefined],
  [dataset({ a: float() }), dataset({ a: int() }), "column a is of type number, not integer"],
  [dataset({ a: float() }), dataset({ a: float(), b: float() }), "a column b is wanted, and there is none"],
  [dataset({ a: z.number().nullable() }), dataset({ a: float() }), "column a has empty cells"],
  [dataset({ a: float() }), dataset({ a: z.number().nullable() }), undefined],
  [dataset({}), dataset({}, { format: "jsonl" }), "the format jsonl is wanted, not csv"],
];
for (const [from, to, conflict] of kinds) {
  const [a, b] = [specOfKind(from), specOfKind(to)];
  Deno.test(`${JSON.stringify(a)} ${conflict === undefined ? "fits" : "does not fit"} ${JSON.stringify(b)}`, () =>
    assert.equal(findKindConflict(a, b), conflict));
}
