/** Reads the text of a written pipeline: evaluates it with functions that write down what they are given, and the real `sh`. */
import { type Command, makeHole, sh, wordsOf } from "../../src/dsl/command.ts";

export interface Hole {
  readonly of: string;
  readonly hole: string;
}
export const holeOf = (of: "inputs" | "outputs" | "params", hole: string): Hole => ({ of, hole });

export interface ReadStep {
  readonly name: string;
  readonly description?: string;
  /** What was called to make each. */
  readonly params: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
  /** A word is its text, its hole, or several of them. */
  readonly words: readonly unknown[];
  /** What each use was given, in order. */
  readonly uses: { readonly given: Readonly<Record<string, unknown>>; readonly after: readonly string[] }[];
}
export interface ReadModule {
  readonly name: string;
  readonly environment: readonly unknown[];
  readonly params: Readonly<Record<string, unknown>>;
  readonly steps: readonly ReadStep[];
  readonly results: readonly string[];
}

/** Throws where the text is no module, or does anything but define one pipeline. */
export function readModule(text: string): ReadModule {
  const [, head, names, body] = /^((?:\/\/[^\n]*\n)*)import \{([^}]*)\} from "sluice";\n([^]*)$/.exec(text)!;
  if (head === "") throw new Error("the module does not say what it was made of");
  const steps: ReadStep[] = [];
  let environment: readonly unknown[] = [];
  let read: Pick<ReadModule, "name" | "params" | "results"> | undefined;
  const make = (kind: string) => (...given: readonly unknown[]) => environment = [kind, ...given];
  const given: Readonly<Record<string, unknown>> = {
    sh,
    main: () => {},
    python: make("python"),
    conda: make("conda"),
    docker: make("docker"),
    host: make("host"),
    file: (options?: unknown) => options === undefined ? "file()" : `file(${JSON.stringify(options)})`,
    given: { file: (path: string) => `given ${path}` },
    ...Object.fromEntries(
      ["float", "int", "string", "boolean", "choice", "path", "uri"].map((name) => [
        name,
        (...values: readonly unknown[]) => schemaOf(`${name}(${values.map(shown).join(",")})`),
      ]),
    ),
    // deno-lint-ignore no-explicit-any -- what the module under test gives
    step: (name: string, spec: any) => {
      const step = { ...readStep(name, spec), uses: [] as ReadStep["uses"] };
      steps.push(step);
      // deno-lint-ignore no-explicit-any -- what the module under test gives
      const use = (given: any, order?: any) => {
        step.uses.push({ given, after: (order?.after ?? []).map((each: { step: string }) => each.step) });
        return new Proxy({ step: name }, {
          get: (_, key) => key === "step" ? name : `${name}.${String(key)}`,
        });
      };
      return Object.assign(use, {
        params: new Proxy({}, { get: (_, key) => `${name}.params.${String(key)}` }),
      });
    },
    // deno-lint-ignore no-explicit-any -- what the module under test gives
    pipeline: (name: string, spec: any, wire: any) => {
      const params = spec.params ?? {};
      const refs = Object.fromEntries(Object.keys(params).map((key) => [key, `params.${key}`]));
      read = { name, params, results: Object.keys(wire(refs)) };
    },
  };
  const asked = names!.split(",").map((name) => name.trim()).filter((name) => name !== "");
  const script = body!.replace(/\nexport default (\w+);\nif \(import\.meta\.main\) await main\(\1\);\n$/, "");
  if (script === body) throw new Error("the module does not end as one");
  new Function(...asked, `"use strict";\n${script}`)(...asked.map((name) => given[name]));
  return { ...read!, environment, steps };
}

const shown = (value: unknown) => JSON.stringify(value);

function schemaOf(text: string): object {
  return new Proxy({}, {
    get: (_, key) =>
      key === "toText"
        ? text
        : (...given: readonly unknown[]) => schemaOf(`${text}.${String(key)}(${given.map(shown).join(",")})`),
  });
}

// deno-lint-ignore no-explicit-any -- what the module under test gives
function readStep(name: string, spec: any): Omit<ReadStep, "uses"> {
  const holes = (of: "input" | "output" | "parameter") =>
    new Proxy({}, { get: (_, key) => makeHole({ is: "hole", of, name: String(key) }, "one") });
  const command: Command = spec.command({
    params: holes("parameter"),
    inputs: holes("input"),
    outputs: holes("output"),
  });
  const parts = { input: "inputs", output: "outputs", parameter: "params" } as const;
  const words = wordsOf(command)!.map((word) => {
    if (word.is !== "word") throw new Error("a list or a flag");
    const pieces = word.parts.map((part) =>
      part.is === "text" ? part.text : holeOf(parts[part.of], part.name)
    );
    return pieces.length === 0 ? "" : pieces.length === 1 ? pieces[0] : pieces;
  });
  const params = Object.fromEntries(
    Object.entries(spec.params ?? {}).map(([key, schema]) => [key, (schema as { toText: string }).toText]),
  );
  return {
    name,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    params,
    spec,
    words,
  };
}
