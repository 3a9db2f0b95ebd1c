import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson } from "./canonical_json.ts";
import { noPermissions } from "./permissions.ts";
import type { PlannedArgument, PlannedBinding, PlannedInput } from "./plan.ts";
import { type Before, type KeyedStep, keyOf, keyParts } from "./step_key.ts";
import { keyOfStep, keyText } from "./step_key_text.ts";

const digest = fc.stringMatching(/^sha256:[0-9a-f]{64}$/);
const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("made", "__proto__", '"', "\ud800"));
/** As the DSL has them: such as `out`, `toJSON`. */
const name = fc.oneof(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,8}$/), fc.constantFrom("body", "toJSON"))
  .filter((each) => !(each in Object.prototype));
const absolute = fc.array(fc.stringMatching(/^[ -.0-~é]{1,6}$/), { minLength: 1, maxLength: 3 })
  .map((parts) => `/${parts.join("/")}`);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const argument: fc.Arbitrary<PlannedArgument> = fc.oneof(
  fc.oneof(fc.double(), fc.integer(), text, fc.boolean()).map((value) => ({ is: "value", value }) as const),
  fc.record({ is: fc.constant("value" as const), value: absolute, digest }),
  fc.record({ is: fc.constant("metric" as const), step: text, metric: text }),
);
const input: fc.Arbitrary<PlannedInput> = fc.oneof(
  fc.record({ is: fc.constant("output" as const), step: text, output: text }),
  fc.record({ is: fc.constant("file" as const), path: absolute, digest }),
  fc.record({
    is: fc.constant("registered" as const),
    uri: text,
    version: text,
    location: absolute,
    digest: optional(digest),
  })
    .map(({ digest, ...rest }) => digest === undefined ? rest : { ...rest, digest }),
);
const binding: fc.Arbitrary<PlannedBinding> = fc.oneof(
  input.map((input) => ({ is: "one", input }) as const),
  fc.array(input, { maxLength: 4 }).map((inputs) => ({ is: "many", inputs }) as const),
  fc.constant({ is: "absent" } as const),
);
const definition: fc.Arbitrary<Omit<KeyedStep, "arguments" | "inputs">> = fc.record({
  body: fc.oneof(
    text.map((each) => ({
      is: "command" as const,
      command: { words: [{ is: "word" as const, parts: [{ is: "text" as const, text: each }] }] },
    })),
    fc.record({ is: fc.constant("function" as const), module: text, step: text }),
  ),
  folder: absolute,
  sources: digest,
  environment: fc.oneof(
    fc.constant({ kind: "host" as const }),
    fc.record({
      kind: fc.constant("python" as const),
      version: text,
      requirements: fc.record({ from: fc.constant("file" as const), path: absolute }),
    }),
  ),
  environmentState: fc.oneof(
    digest.map((id) => ({ is: "locked", id }) as const),
    text.map((because) => ({ is: "unlocked", because }) as const),
  ),
  outputs: fc.dictionary(name, fc.constantFrom({ kind: "file" }, { kind: "model", flavors: ["b", "a"] })),
  metrics: fc.array(text, { maxLength: 3 }),
  permissions: fc.record({
    net: fc.oneof(fc.boolean(), fc.array(text, { maxLength: 2 })),
    read: fc.array(absolute, { maxLength: 2 }),
    env: fc.array(text, { maxLength: 2 }),
    gpu: fc.boolean(),
  }).map((change) => ({ ...noPermissions, ...change })),
  granted: fc.record({ read: fc.dictionary(absolute, digest), env: fc.dictionary(text, digest) }),
}) as fc.Arbitrary<Omit<KeyedStep, "arguments" | "inputs">>;
/** Some uses of one definition. */
const uses = fc.tuple(
  definition,
  fc.array(fc.tuple(fc.dictionary(name, argument), fc.dictionary(name, binding)), {
    minLength: 1,
    maxLength: 4,
  }),
).map(([shared, uses]) => uses.map(([args, inputs]): KeyedStep => ({ ...shared, arguments: args, inputs })));

const before: fc.Arbitrary<Before> = fc.tuple(digest, text, fc.double(), fc.boolean()).map((
  [content, name, value, isByReference],
) =>
  isByReference
    ? {
      output: (step, output) => ({ of: content, output: `${step}${output}` }),
      metric: (step, metric) => ({ of: content, metric: `${step}${metric}` }),
    }
    : { output: () => ({ content, name }), metric: () => ({ value }) }
);

Deno.test("keyText() is the canonical JSON of keyParts(), for any uses of any definition", () => {
  fc.assert(fc.property(uses, before, (steps, before) => {
    for (const step of steps) {
      assert.equal(keyText(step, before), canonicalJson(keyParts(step, before)));
      assert.equal(keyOfStep(step, before), keyOf(keyParts(step, before)));
    }
  }));
});

Deno.test("keyText() is not that of another definition with the same body", () => {
  fc.assert(fc.property(definition, definition, before, (one, other, before) => {
    const members = Object.keys(one).filter((member) => member !== "body") as (keyof typeof one)[];
    const step: KeyedStep = { ...one, arguments: {}, inputs: {} };
    keyText(step, before);
    for (const member of members) {
      const changed: KeyedStep = { ...step, [member]: other[member] };
      assert.equal(keyText(changed, before), canonicalJson(keyParts(changed, before)));
      assert.equal(keyText(step, before), canonicalJson(keyParts(step, before)));
    }
  }));
});

Deno.test("keyText() reads what uses of a definition share for the first of them alone", () => {
  let reads = 0;
  const counting = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(target, member, receiver) {
        reads++;
        const value: unknown = Reflect.get(target, member, receiver);
        return typeof value === "object" && value !== null ? counting(value) : value;
      },
    });
  const command = counting({
    words: Array.from({ length: 50 }, (_, index) => ({
      is: "word" as const,
      parts: [{ is: "text" as const, text: `${index}` }],
    })),
  });
  const shared: Omit<KeyedStep, "arguments" | "inputs"> = {
    body: { is: "command", command },
    folder: "/project",
    sources: `sha256:${"0".repeat(64)}`,
    environment: { kind: "host" },
    environmentState: { is: "locked", id: `sha256:${"1".repeat(64)}` },
    outputs: {},
    metrics: [],
    permissions: noPermissions,
    granted: { read: {}, env: {} },
  };
  const nothing: Before = { output: () => assert.fail(), metric: () => assert.fail() };
  const keyOfNumber = (value: number) =>
    keyOfStep({ ...shared, arguments: { number: { is: "value", value } }, inputs: {} }, nothing);
  keyOfNumber(0);
  const first = reads;
  const keys = new Set(Array.from({ length: 1000 }, (_, index) => keyOfNumber(index + 1)));
  assert.equal(keys.size, 1000);
  assert.ok(first > 100);
  assert.equal(reads, first);
});
