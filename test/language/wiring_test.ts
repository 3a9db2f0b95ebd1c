/** What a wired pipeline is as plain data. */
import assert from "node:assert/strict";
import {
  boolean,
  each,
  file,
  float,
  given,
  host,
  int,
  many,
  optional,
  pipeline,
  sh,
  step,
  when,
} from "sluice";
import { findReach } from "../../src/core/entry_point.ts";
import { PipelineDefinition, type StepUse } from "../../src/core/pipeline.ts";
import { definitionOf } from "../../src/dsl/pipeline.ts";
import { refusalOf } from "./refusal_table.ts";
import { crossValidation, nightly, tune } from "./sketch_pipelines.ts";

const env = host();
const make = step("make", {
  env,
  params: { seed: int().default(1), scale: float().min(0).max(2).default(1) },
  outputs: { out: file() },
  metrics: ["loss"],
  command: () => sh`make`,
});
const join = step("join", {
  env,
  params: { rate: float().default(0) },
  inputs: { all: many(file()), extra: optional(file()) },
  outputs: { out: file() },
  command: () => sh`join`,
});
const inner = pipeline("inner", {
  params: { scale: float().min(0).max(1).default(0.5), extra: boolean().default(true) },
}, ({ scale, extra }) => {
  const made = make({ scale });
  const more = when(extra, () => make.as("more", { seed: 2 }));
  const joined = join({ all: [made.out], extra: more.out });
  return { out: joined.out, loss: made.loss, more: more.out };
});

const use = (definition: PipelineDefinition, name: string): StepUse =>
  definition.steps.find((step) => step.name === name)!;
const names = (definition: PipelineDefinition) => definition.steps.map((step) => step.name);

Deno.test("the sketch's pipelines are plain data that the schema takes", () => {
  for (const each of [crossValidation, nightly, tune]) {
    const definition = definitionOf(each);
    assert.deepEqual(PipelineDefinition.parse(definition), JSON.parse(JSON.stringify(definition)));
  }
  assert.deepEqual(Object.keys(definitionOf(tune).parameters), [
    "train-0_01.shuffle",
    "train-0_1.shuffle",
    "train-1.shuffle",
  ]);
  assert.deepEqual(use(definitionOf(crossValidation), "train-0").arguments.alpha, {
    is: "parameter",
    name: "alpha",
  });
});

Deno.test("a parameter is a literal, the pipeline's own, a metric, or open under the step's name", () => {
  const definition = definitionOf(pipeline("p", { params: { seed: int() } }, ({ seed }) => {
    const first = make({ seed });
    make.as("second", { seed: 3, scale: -0 });
    join({ all: [first.out], rate: first.loss });
  }));
  assert.deepEqual(use(definition, "make").arguments, {
    seed: { is: "parameter", name: "seed" },
    scale: { is: "parameter", name: "make.scale" },
  });
  const second = use(definition, "second").arguments;
  assert.deepEqual(second, { seed: { is: "value", value: 3 }, scale: { is: "value", value: 0 } });
  assert.ok(second.scale?.is === "value" && Object.is(second.scale.value, 0));
  assert.deepEqual(use(definition, "join").arguments, {
    rate: { is: "metric", step: "make", metric: "loss" },
  });
  assert.deepEqual(use(definition, "join").inputs, {
    all: { is: "many", sources: [{ is: "output", step: "make", output: "out" }] },
    extra: { is: "absent" },
  });
  assert.deepEqual(definition.parameters, {
    seed: { type: "int" },
    "make.scale": { type: "float", min: 0, max: 2, default: 1 },
  });
});

Deno.test("a pipeline in another names its steps and open parameters, and takes narrower ranges", () => {
  const narrow = { scale: float().min(0.1).max(0.2).default(0.1), deep: boolean().default(false) };
  const definition = definitionOf(pipeline("outer", { params: narrow }, ({ scale, deep }) => {
    const one = inner({ scale });
    const two = when(deep, () => inner.as("two", { extra: false, scale: 1 }));
    join({ all: [one.out], extra: two.more, rate: one.loss }, { after: [one] });
    return { out: two.out, more: two.more };
  }));
  assert.deepEqual(names(definition), [
    "inner/make",
    "inner/more",
    "inner/join",
    "two/make",
    "two/join",
    "join",
  ]);
  assert.deepEqual(Object.keys(definition.parameters), [
    "scale",
    "deep",
    "inner.extra",
    "inner/make.seed",
    "inner/more.scale",
    "inner/join.rate",
    "two/make.seed",
    "two/join.rate",
  ]);
  assert.deepEqual(use(definition, "inner/make").arguments.scale, { is: "parameter", name: "scale" });
  assert.deepEqual(use(definition, "two/make").arguments.scale, { is: "value", value: 1 });
  assert.deepEqual(use(definition, "inner/more").conditions, ["inner.extra"]);
  assert.deepEqual(use(definition, "two/join").conditions, ["deep"]);
  assert.deepEqual(use(definition, "two/join").inputs.extra, { is: "absent" });
  assert.deepEqual(use(definition, "join").inputs.extra, { is: "absent" });
  assert.deepEqual(use(definition, "join").after, ["inner/join"]);
  assert.deepEqual(definition.results, { out: { is: "output", step: "two/join", output: "out" } });
});

Deno.test("a pipeline that comes after a step starts with its first steps", () => {
  const definition = definitionOf(pipeline("p", {}, () => {
    const first = make.as("first", {});
    inner({}, { after: [first] });
  }));
  assert.deepEqual(use(definition, "inner/make").after, ["first"]);
  assert.deepEqual(use(definition, "inner/join").after, []);
});

Deno.test("whens within each other add up, and hold for all that is used in them", () => {
  const params = { a: boolean().default(true), b: boolean().default(true) };
  const definition = definitionOf(pipeline("p", { params }, ({ a, b }) => {
    when(a, () => {
      const one = make({});
      when(b, () => join({ all: [one.out] }));
      when(a, () => make.as("again", {}));
    });
    make.as("always", {});
  }));
  assert.deepEqual(definition.steps.map((step) => [step.name, step.conditions]), [
    ["make", ["a"]],
    ["join", ["a", "b"]],
    ["again", ["a"]],
    ["always", []],
  ]);
});

Deno.test("uses named after the items of each are families, within each other and in pipelines", () => {
  const definition = definitionOf(pipeline("p", {}, () => {
    each([0.5, "x y", { a: 1 }, 0.5, 1], (_, item) => {
      each([1, 2], (_, deep) => make.as(`m-${item}-${deep}`, {}));
      make.as(`${item === "1" ? "a1" : "one"}-${item}`, {});
      inner.as(`in-${item}`, {});
    });
    make({});
  }));
  const families = new Map(definition.steps.map((step) => [step.name, step.family]));
  assert.equal(families.get("m-0_5-1"), "m-*-*");
  assert.equal(families.get("one-x_y"), "one-*");
  assert.equal(families.get("one-2"), "one-*");
  assert.equal(families.get("one-0_5-3"), "one-*");
  assert.equal(families.get("a1-1"), "a1-*");
  assert.equal(families.get("in-0_5/join"), "in-*/join");
  assert.equal(families.get("make"), undefined);
  assert.ok(!("family" in use(definition, "make")));
});

Deno.test("main runs what is returned, and a whole use is an entry point under its own name", () => {
  const definition = definitionOf(pipeline("p", {}, () => {
    const first = make({});
    const joined = join({ all: [first.out] });
    make.as("aside", {});
    return { join: joined, list: [first.out, [first.loss]], data: given.file("a.csv", file()) };
  }));
  assert.deepEqual(definition.results, {
    join: { is: "steps", steps: ["join"] },
    list: {
      is: "list",
      items: [
        { is: "output", step: "make", output: "out" },
        { is: "list", items: [{ is: "metric", step: "make", metric: "loss" }] },
      ],
    },
    data: {
      is: "given",
      source: {
        is: "file",
        path: "a.csv",
        folder: new URL(".", import.meta.url).href,
        kind: { kind: "file" },
      },
    },
  });
  assert.deepEqual(findReach(definition, "main")?.steps.map((step) => step.name), ["make", "join"]);
});

Deno.test("a place is the user's line and column, for a step, a pipeline and each use", async () => {
  const text = await Deno.readTextFile(new URL("sketch_pipelines.ts", import.meta.url));
  const at = (words: string) => {
    const before = text.slice(0, text.indexOf(words)).split("\n");
    return { line: before.length, column: before.at(-1)!.length + 1 };
  };
  const definition = definitionOf(crossValidation);
  const shown = ({ line, column }: { line?: number | undefined; column?: number | undefined }) => ({
    line,
    column,
  });
  assert.deepEqual(shown(definition.place), at('pipeline("cv"'));
  assert.deepEqual(shown(use(definition, "fold-3").definition.place), at('step("fold"'));
  assert.deepEqual(shown(use(definition, "summary").place), at("summary({"));
  assert.equal(definition.module, new URL("sketch_pipelines.ts", import.meta.url).href);
});

Deno.test("what a wire throws leaves no pipeline under way", () => {
  assert.throws(() =>
    pipeline("p", {}, () => {
      throw new RangeError("mine");
    }), RangeError);
  assert.equal(refusalOf(() => make({})).failure.code, "STEP_OUTSIDE_PIPELINE");
});

Deno.test("10,000 steps are wired in half a second, at best of three", () => {
  const tookMs = [1, 2, 3].map(() => {
    const start = performance.now();
    const definition = definitionOf(pipeline("wide", {}, () => {
      each(Array.from({ length: 5000 }, (_, index) => index), (index, name) => {
        const made = make.as(`make-${name}`, { seed: index });
        join.as(`join-${name}`, { all: [made.out] });
      });
    }));
    assert.equal(definition.steps.length, 10_000);
    return performance.now() - start;
  });
  assert.ok(Math.min(...tookMs) < 500, `${tookMs} ms`);
});
