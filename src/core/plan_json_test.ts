import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson } from "./canonical_json.ts";
import { noLimits, noPermissions } from "./permissions.ts";
import { type Plan, type PlannedStep, planVersion } from "./plan.ts";
import { planBytes, planPieces } from "./plan_json.ts";

const digest = `sha256:${"0".repeat(64)}`;

/** Steps of few definitions; their words are counted when they are read. */
function planOf(count: number, text = "a", onRead = () => {}): Plan {
  const definitions = ["first", "second"].map((name) => ({
    body: {
      is: "command" as const,
      command: {
        get words() {
          onRead();
          return [{ is: "word" as const, parts: [{ is: "text" as const, text: `${name}${text}` }] }];
        },
      },
    },
    folder: "/project",
    sources: digest,
    environment: { kind: "host" as const },
    environmentState: { is: "locked" as const, id: digest },
    parameters: { number: { type: "int" as const } },
    outputs: { made: { kind: "file" as const } },
    metrics: [text],
    permissions: noPermissions,
    granted: { read: {}, env: {} },
    limits: noLimits,
    sandbox: "none" as const,
    cache: true,
    place: { file: "file:///project/pipeline.ts", line: 1, column: undefined },
  }));
  const steps = Array.from({ length: count }, (_, index): PlannedStep => ({
    name: `${text}-${index}`,
    key: digest,
    ...definitions[index % 2]!,
    arguments: { number: { is: "value", value: index } },
    inputs: index === 0 ? { a: { is: "absent" } } : {
      b: { is: "many", inputs: [{ is: "output", step: `${text}-${index - 1}`, output: "made" }] },
      a: { is: "one", input: { is: "file", path: `/${text}`, digest } },
    },
    needs: index === 0 ? [] : [`${text}-${index - 1}`],
    ...(index % 3 === 0 ? { family: `${text}-*` } : {}),
  }));
  return {
    version: planVersion,
    pipeline: "p",
    module: "file:///project/pipeline.ts",
    entryPoint: "main",
    parameters: { b: 1, a: text },
    steps,
    sources: { [digest]: { "b.py": digest, "a.py": digest, "10": digest, "9": digest } },
    skipped: [{ step: "s", because: "b" }],
    results: { made: { is: "output", step: `${text}-0`, output: "made" } },
  };
}

Deno.test("planPieces() are the canonical JSON of the plan, with what is written beside", () => {
  fc.assert(
    fc.property(
      fc.nat(12),
      fc.string({ unit: "binary" }),
      fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 }),
      (count, text, list) => {
        const plan = planOf(count, text);
        assert.equal([...planPieces(plan)].join(""), canonicalJson(plan));
        assert.equal(
          [...planPieces(plan, { forecast: list })].join(""),
          canonicalJson({ ...plan, forecast: list }),
        );
      },
    ),
  );
});

Deno.test("planBytes() are those of a file, in pieces that never hold the whole of a long plan", () => {
  const plan = planOf(2000, "\ud83c\udf77");
  const pieces = [...planBytes(plan)];
  assert.ok(pieces.length > 10);
  assert.ok(pieces.every((piece) => piece.length < 200_000));
  const text = pieces.map((piece) => new TextDecoder().decode(piece)).join("");
  assert.equal(text, `${canonicalJson(plan)}\n`);
});

Deno.test("planPieces() writes what uses of a definition share once", () => {
  let reads = 0;
  const plan = planOf(1000, "a", () => reads++);
  for (const piece of planPieces(plan)) assert.ok(piece.length > 0);
  assert.equal(reads, 2);
});
