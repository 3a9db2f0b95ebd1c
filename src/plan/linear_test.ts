import assert from "node:assert/strict";
import { unwrap } from "../core/error.ts";
import type { PipelineDefinition, StepUse } from "../core/pipeline.ts";
import { openForecast } from "./forecast.ts";
import { observe } from "./observation.ts";
import { plan } from "./plan.ts";
import { resolveArguments } from "./resolve_arguments.ts";
import { answerAll, stepOf, trainingPipeline, useOf } from "./test_pipeline.ts";

const kind = { kind: "file" } as const;
const one = stepOf("one", {
  cache: true,
  parameters: { number: { type: "int", default: 1 } },
  inputs: { a: { kind, takes: "optional" } },
  outputs: { made: kind },
  metrics: ["loss"],
});
const gather = stepOf("gather", { inputs: { all: { kind, takes: "many" } } });
const made = (step: string) => ({ is: "output", step, output: "made" }) as const;

/** Pipelines of about `count` steps. */
const shapes: Readonly<Record<string, (count: number) => readonly StepUse[]>> = {
  "one after the other": (count) =>
    Array.from({ length: count }, (_, index) =>
      useOf(one, {
        name: `s${index}`,
        arguments: index === 0
          ? { number: { is: "value", value: index } }
          : { number: { is: "metric", step: `s${index - 1}`, metric: "loss" } },
        inputs: { a: index === 0 ? { is: "absent" } : { is: "one", source: made(`s${index - 1}`) } },
      })),
  "all gathered by one": (count) => [
    ...Array.from({ length: count }, (_, index) =>
      useOf(one, {
        name: `s${index}`,
        arguments: { number: { is: "value", value: index } },
        inputs: { a: { is: "absent" } },
      })),
    useOf(gather, {
      inputs: {
        all: { is: "many", sources: Array.from({ length: count }, (_, index) => made(`s${index}`)) },
      },
    }),
  ],
  "a parameter to set for each": (count) =>
    Array.from({ length: count }, (_, index) =>
      useOf(one, {
        name: `s${index}`,
        arguments: { number: { is: "parameter", name: `s${index}.number` } },
        inputs: { a: { is: "absent" } },
      })),
  "a file for each, and all after the first": (count) =>
    Array.from({ length: count }, (_, index) =>
      useOf(one, {
        name: `s${index}`,
        arguments: { number: { is: "value", value: 1 } },
        inputs: {
          a: { is: "one", source: { is: "file", path: `${index}.csv`, folder: "file:///project/", kind } },
        },
        after: index === 0 ? [] : ["s0"],
      })),
};

/** How often members of uses are read from the request to the forecast, and what was asked of the cache. */
async function work(uses: readonly StepUse[]) {
  let reads = 0, finds = 0, places = 0;
  const steps = uses.map((use) =>
    new Proxy(use, {
      get(target, member, receiver) {
        reads++;
        if (member === "place") places++;
        return Reflect.get(target, member, receiver);
      },
    })
  );
  const parameters: PipelineDefinition["parameters"] = Object.fromEntries(
    uses.flatMap((use) => Object.values(use.arguments)).flatMap((argument) =>
      argument.is === "parameter" ? [[argument.name, one.parameters["number"]!]] : []
    ),
  );
  const definition = trainingPipeline({ parameters, steps, results: {} });
  const given = Object.fromEntries(Object.keys(parameters).map((name) => [name, 7]));
  const request = { entryPoint: "main", parameters: given, isText: false };
  const resolved = unwrap(resolveArguments(definition, request, "/work"));
  const questions = observe(definition, resolved).length;
  const planned = unwrap(plan(definition, resolved, answerAll(definition, resolved)));
  const forecast = openForecast(planned, {
    find: () => {
      finds++;
      return undefined;
    },
    findRecord: () => Promise.resolve(undefined),
    lastRun: () => null,
    contents: () => Promise.resolve(undefined),
  });
  assert.equal((await forecast.of(planned.steps.map((step) => step.name))).size, uses.length);
  return { reads, finds, places, questions };
}

for (const [shape, usesOf] of Object.entries(shapes)) {
  Deno.test(`planning ${shape} costs the same for each of many steps`, async () => {
    const few = await work(usesOf(300)), many = await work(usesOf(1200));
    assert.ok(
      many.reads < 4.1 * few.reads,
      `${few.reads} reads of uses, and ${many.reads} of four times as many`,
    );
    assert.ok(many.reads < 60 * 1200, `${many.reads} reads of uses`);
    assert.ok(many.finds <= 1201, `the cache was asked ${many.finds} times`);
  });
}

Deno.test("planning reads no place of a use unless something is wrong, or a file is given", async () => {
  assert.equal((await work(shapes["one after the other"]!(100))).places, 0);
  assert.equal((await work(shapes["all gathered by one"]!(100))).places, 0);
});

Deno.test("observe() asks once of a definition, however many uses it has", async () => {
  const few = await work(shapes["one after the other"]!(10)),
    many = await work(shapes["one after the other"]!(1000));
  assert.equal(many.questions, few.questions);
});

Deno.test("a chain of 10,000 steps is planned and forecast without running out of stack", async () => {
  const { finds } = await work(shapes["one after the other"]!(10_000));
  assert.equal(finds, 1);
});

Deno.test("a step that reads 200,000 outputs is planned", async () => {
  const few = shapes["one after the other"]!(10);
  const sources = Array.from({ length: 200_000 }, (_, index) => made(`s${index % 10}`));
  const { finds } = await work([...few, useOf(gather, { inputs: { all: { is: "many", sources } } })]);
  assert.equal(finds, 1);
});
