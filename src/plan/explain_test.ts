import assert from "node:assert/strict";
import fc from "fast-check";
import type { Change } from "../core/cause.ts";
import { keyOf, type KeyParts, keyVersion } from "../core/step_key.ts";
import { type KeyRecord, resultVersion } from "../core/step_result.ts";
import { explain } from "./explain.ts";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const words = (text: string) => ({
  words: text.split(" ").map((word) => ({
    is: "word" as const,
    parts: [{ is: "text" as const, text: word }],
  })),
});
const parts: KeyParts = {
  key: keyVersion,
  body: { is: "command", command: words("python train.py") },
  sources: digest("a"),
  environment: digest("e"),
  arguments: { alpha: { value: 0.1 }, raw: { content: digest("1"), name: "raw.csv" } },
  inputs: {
    data: { content: digest("2"), name: "train.csv" },
    folds: [{ content: digest("3"), name: "a" }, { content: digest("4"), name: "b" }],
    warm: null,
  },
  outputs: { model: { kind: "model", flavors: ["sklearn"] } },
  metrics: ["loss", "rmse"],
  permissions: {
    net: false,
    read: { "../words": digest("5") },
    write: [],
    env: { TOKEN: digest("6") },
    gpu: false,
  },
};
const base: KeyRecord = {
  version: resultVersion,
  parts,
  sources: { "train.py": digest("7"), "lib.py": digest("8") },
  environment: {
    kind: "python",
    interpreter: { version: "3.12.1", digest: digest("9") },
    packages: { numpy: "2.1.0", six: "1.17.0" },
    platform: "linux-x86_64",
  },
};
const step = {
  inputs: {
    data: { is: "one", input: { is: "output", step: "split", output: "train" } },
    folds: {
      is: "many",
      inputs: ["x", "y", "z"].map((name) => ({ is: "output" as const, step: name, output: "made" })),
    },
    warm: { is: "one", input: { is: "file", path: "/data/warm", digest: digest("0") } },
  },
} as const;

const changed = (change: Partial<KeyParts>, rest: Partial<KeyRecord> = {}): KeyRecord => ({
  ...base,
  ...rest,
  parts: { ...parts, ...change },
});
const permissions = (change: Partial<KeyParts["permissions"]>) =>
  changed({ permissions: { ...parts.permissions, ...change } });
const environment = (change: Partial<NonNullable<KeyRecord["environment"]>>) =>
  changed({ environment: digest("f") }, { environment: { ...base.environment!, ...change } });
const content = (digit: string, name: string) => ({ is: "content" as const, digest: digest(digit), name });

const table: readonly (readonly [name: string, now: KeyRecord, changes: readonly Change[]])[] = [
  ["nothing when nothing changed", base, []],
  [
    "a parameter with old and new",
    changed({ arguments: { ...parts.arguments, alpha: { value: 0.2 } } }),
    [{ is: "parameter", name: "alpha", old: 0.1, new: 0.2 }],
  ],
  [
    "a parameter that is new, and one that is gone",
    changed({ arguments: { beta: { value: true }, raw: parts.arguments["raw"]! } }),
    [{ is: "parameter", name: "alpha", old: 0.1 }, { is: "parameter", name: "beta", new: true }],
  ],
  [
    "a path parameter by its content",
    changed({ arguments: { ...parts.arguments, raw: { content: digest("b"), name: "raw.csv" } } }),
    [{ is: "parameter", name: "raw", old: digest("1"), new: digest("b") }],
  ],
  [
    "source files that changed, came and went",
    changed({ sources: digest("b") }, { sources: { "train.py": digest("b"), "new.py": digest("c") } }),
    [
      { is: "source", path: "lib.py", old: digest("8") },
      { is: "source", path: "new.py", new: digest("c") },
      { is: "source", path: "train.py", old: digest("7"), new: digest("b") },
    ],
  ],
  [
    "a command, printed",
    changed({ body: { is: "command", command: words("python train.py --fast") } }),
    [{ is: "command", old: "python train.py", new: "python train.py --fast" }],
  ],
  [
    "a command that became a function",
    changed({ body: { is: "function", step: "train" } }),
    [{ is: "command", old: "python train.py", new: 'run function of step "train"' }],
  ],
  [
    "packages by version, come and gone",
    environment({ packages: { numpy: "2.2.0", zlib: "1" } }),
    [
      { is: "package", name: "numpy", old: "2.1.0", new: "2.2.0" },
      { is: "package", name: "six", old: "1.17.0" },
      { is: "package", name: "zlib", new: "1" },
    ],
  ],
  [
    "an interpreter and a platform",
    environment({ interpreter: { version: "3.13.0", digest: digest("b") }, platform: "linux-aarch64" }),
    [
      { is: "interpreter", old: "python 3.12.1", new: "python 3.13.0" },
      { is: "platform", old: "linux-x86_64", new: "linux-aarch64" },
    ],
  ],
  [
    "two builds of one interpreter by their digests",
    environment({ interpreter: { version: "3.12.1", digest: digest("b") } }),
    [{ is: "interpreter", old: "python 3.12.1 (999999999999)", new: "python 3.12.1 (bbbbbbbbbbbb)" }],
  ],
  [
    "an environment of which nothing else is known",
    changed({ environment: digest("f") }),
    [{ is: "environment", old: digest("e"), new: digest("f") }],
  ],
  [
    "an input with where it comes from",
    changed({ inputs: { ...parts.inputs, data: { content: digest("b"), name: "train.csv" } } }),
    [{
      is: "input",
      name: "data",
      from: "split.train",
      old: content("2", "train.csv"),
      new: content("b", "train.csv"),
    }],
  ],
  [
    "an input that only has another name",
    changed({ inputs: { ...parts.inputs, data: { content: digest("2"), name: "x.csv" } } }),
    [{
      is: "input",
      name: "data",
      from: "split.train",
      old: content("2", "train.csv"),
      new: content("2", "x.csv"),
    }],
  ],
  [
    "the one that was added to many",
    changed({
      inputs: {
        ...parts.inputs,
        folds: [
          { content: digest("3"), name: "a" },
          { of: digest("c"), output: "made" },
          { content: digest("4"), name: "b" },
        ],
      },
    }),
    [{ is: "input", name: "folds", from: "y.made", new: { is: "not-made-yet" } }],
  ],
  [
    "an optional input that is given now",
    changed({ inputs: { ...parts.inputs, warm: { content: digest("b"), name: "warm" } } }),
    [{ is: "input", name: "warm", from: "/data/warm", new: content("b", "warm") }],
  ],
  [
    "a list of one that was the one itself",
    changed({
      inputs: { ...parts.inputs, data: [parts.inputs["data"] as { content: string; name: string }] },
    }),
    [{ is: "input", name: "data", from: "split.train" }],
  ],
  [
    "a registered model's version",
    changed({ inputs: { ...parts.inputs, warm: { uri: "models:/m@x", version: "3" } } }),
    [{
      is: "input",
      name: "warm",
      from: "/data/warm",
      new: { is: "registered", uri: "models:/m@x", version: "3" },
    }],
  ],
  ["the network", permissions({ net: ["a.org", "b.org"] }), [
    { is: "permission", name: "net", old: "none", new: "a.org, b.org" },
  ]],
  ["a folder that may be written", permissions({ write: ["out"] }), [
    { is: "permission", name: "write", old: "none", new: "out" },
  ]],
  ["a file that may be read", permissions({ read: { ...parts.permissions.read, more: null } }), [
    { is: "permission", name: "read", old: "../words", new: "../words, more" },
  ]],
  ["what lies in a file that may be read", permissions({ read: { "../words": null } }), [
    { is: "read-content", path: "../words", old: digest("5"), new: null },
  ]],
  ["a variable's value, without it", permissions({ env: { TOKEN: digest("b") } }), [
    { is: "variable", name: "TOKEN", isSet: true },
  ]],
  ["a variable that is passed on", permissions({ env: { ...parts.permissions.env, HOME: null } }), [
    { is: "permission", name: "env", old: "TOKEN", new: "TOKEN, HOME" },
  ]],
  ["the graphics card", permissions({ gpu: true }), [
    { is: "permission", name: "gpu", old: "none", new: "all" },
  ]],
  ["a kind of output", changed({ outputs: { model: { kind: "model", flavors: [] } } }), [
    { is: "output", name: "model", old: "model with sklearn", new: "model" },
  ]],
  ["a renamed output", changed({ outputs: { fitted: parts.outputs["model"]! } }), [
    { is: "output", name: "fitted", new: "model with sklearn" },
    { is: "output", name: "model", old: "model with sklearn" },
  ]],
  ["metrics", changed({ metrics: ["loss", "r2"] }), [
    { is: "metric", name: "r2", change: "added" },
    { is: "metric", name: "rmse", change: "removed" },
  ]],
  ["the order of metrics", changed({ metrics: ["rmse", "loss"] }), [
    { is: "metric", name: "rmse", change: "moved" },
  ]],
];
for (const [name, now, changes] of table) {
  Deno.test(`explain() tells ${name}`, () => assert.deepEqual(explain(base, now, step), changes));
}

Deno.test("explain() puts parameters before sources, and both before all else", () => {
  const now = changed(
    {
      arguments: {},
      sources: digest("b"),
      metrics: [],
      body: { is: "function", step: "train" },
      permissions: { ...parts.permissions, gpu: true },
    },
    { sources: {} },
  );
  const order = [...new Set(explain(base, now, step).map((change) => change.is))];
  assert.deepEqual(order, ["parameter", "source", "command", "permission", "metric"]);
});

const anyDigest = fc.constantFrom(digest("a"), digest("b"));
const anyInput = fc.oneof(
  fc.record({ content: anyDigest, name: fc.constantFrom("a", "b") }),
  fc.record({ of: anyDigest, output: fc.constant("o") }),
  fc.record({ uri: fc.constant("models:/m/1"), version: fc.constantFrom("1", "2") }),
);
const few = <T>(value: fc.Arbitrary<T>) =>
  fc.dictionary(fc.constantFrom("a", "b", "__proto__"), value, { maxKeys: 2 });
const anyParts: fc.Arbitrary<KeyParts> = fc.record({
  key: fc.constant(keyVersion),
  body: fc.oneof(
    fc.record({ is: fc.constant("command" as const), command: fc.constantFrom(words("a b"), words("a")) }),
    fc.record({ is: fc.constant("function" as const), step: fc.constantFrom("a", "b") }),
  ),
  sources: anyDigest,
  environment: fc.oneof(anyDigest, fc.record({ unlocked: fc.constantFrom("host", "deno") })),
  arguments: few(fc.oneof(
    fc.record({ value: fc.constantFrom(1, "1", true) }),
    fc.record({ content: anyDigest, name: fc.constant("a") }),
    fc.record({ of: anyDigest, metric: fc.constantFrom("m", "n") }),
  )),
  inputs: few(fc.oneof(fc.constant(null), anyInput, fc.array(anyInput, { maxLength: 3 }))),
  outputs: few(fc.constantFrom({ kind: "model", flavors: [] }, { kind: "file" })),
  metrics: fc.uniqueArray(fc.constantFrom("m", "n"), { maxLength: 2 }),
  permissions: fc.record({
    net: fc.oneof(fc.boolean(), fc.array(fc.constantFrom("h"), { maxLength: 1 })),
    read: few(fc.oneof(fc.constant(null), anyDigest)),
    write: fc.uniqueArray(fc.constantFrom("w", "v"), { maxLength: 2 }),
    env: few(fc.oneof(fc.constant(null), anyDigest)),
    gpu: fc.boolean(),
  }),
});

Deno.test("explain() finds a change exactly when the keys differ", () => {
  const recordOf = (given: KeyParts): KeyRecord => ({
    version: resultVersion,
    parts: given,
    sources: { "a.py": given.sources },
  });
  const names = Object.keys(parts) as (keyof KeyParts)[];
  fc.assert(
    fc.property(anyParts, anyParts, fc.subarray(names), (one, other, taken) => {
      const mixed = { ...one, ...Object.fromEntries(taken.map((name) => [name, other[name]])) };
      const isSame = keyOf(one) === keyOf(mixed);
      assert.equal(explain(recordOf(one), recordOf(mixed), { inputs: {} }).length === 0, isSame);
    }),
    { numRuns: 2000 },
  );
});
