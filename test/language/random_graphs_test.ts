/** Graphs of any shape, wired by the language. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { boolean, file, float, host, many, optional, pipeline, sh, step, type Use, when } from "sluice";
import { findReach, neededSteps } from "../../src/core/entry_point.ts";
import { PipelineDefinition } from "../../src/core/pipeline.ts";
import { definitionOf } from "../../src/dsl/pipeline.ts";

const node = step("node", {
  env: host(),
  params: { rate: float().default(1) },
  inputs: { all: many(file()), extra: optional(file()) },
  outputs: { out: file() },
  metrics: ["loss"],
  command: () => sh`node`,
});
const pair = pipeline("pair", { params: { rate: float().default(1) } }, ({ rate }) => {
  const first = node.as("first", { all: [], rate });
  const second = node.as("second", { all: [first.out] });
  return { out: second.out, loss: second.loss };
});

/** What the vertex is and which earlier ones it takes, by index modulo how many there are. */
const vertex = fc.record({
  isPipeline: fc.boolean(),
  isOptional: fc.boolean(),
  inputs: fc.array(fc.nat(), { maxLength: 3 }),
  rate: fc.option(fc.nat(), { nil: undefined }),
  after: fc.array(fc.nat(), { maxLength: 2 }),
});

Deno.test("steps are in topological order, their names unique, whatever is wired", () => {
  fc.assert(fc.property(fc.array(vertex, { maxLength: 12 }), (vertices) => {
    const definition = definitionOf(
      pipeline("any", { params: { flag: boolean().default(true) } }, ({ flag }) => {
        const made: (Use & ReturnType<typeof pair>)[] = [];
        const pick = (index: number) => made.length === 0 ? [] : [made[index % made.length]!];
        vertices.forEach((one, index) => {
          const after = one.after.flatMap(pick);
          const rate = one.rate === undefined ? undefined : pick(one.rate)[0]?.loss;
          const given = rate === undefined ? {} : { rate };
          const all = one.inputs.flatMap(pick).map(({ out }) => out);
          const use = () =>
            one.isPipeline
              ? pair.as(`v${index}`, given, { after })
              : node.as(`v${index}`, { ...given, all }, { after });
          if (!one.isOptional) made.push(use() as never);
          else node.as(`o${index}`, { all: [], extra: when(flag, use).out });
        });
        return Object.fromEntries(made.map(({ loss }, index) => [`r${index}`, loss]));
      }),
    );
    assert.deepEqual(PipelineDefinition.parse(definition), JSON.parse(JSON.stringify(definition)));
    const seen = new Set<string>();
    for (const use of definition.steps) {
      for (const needed of neededSteps(use)) {
        assert.ok(seen.has(needed), `${use.name} needs ${needed} before it`);
      }
      assert.ok(!seen.has(use.name));
      seen.add(use.name);
      for (const argument of Object.values(use.arguments)) {
        if (argument.is === "parameter") assert.ok(argument.name in definition.parameters);
      }
      assert.ok(findReach(definition, use.name)!.steps.some(({ name }) => name === use.name));
    }
  }));
});
