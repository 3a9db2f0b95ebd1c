import assert from "node:assert/strict";
import { canonicalJson } from "../core/canonical_json.ts";
import { digestValue } from "../core/digest.ts";
import { type Result, unwrap } from "../core/error.ts";
import { Plan } from "../core/plan.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import type { Answer, Question } from "./observation.ts";
import { plan } from "./plan.ts";
import { resolveArguments } from "./resolve_arguments.ts";
import { answerAll, commandOf, stepOf, trainingPipeline, useOf } from "./test_pipeline.ts";

function planOf(
  definition: PipelineDefinition,
  entryPoint = "main",
  parameters: Record<string, unknown> = {},
  change: (question: Question) => Answer | undefined = () => undefined,
): Result<Plan> {
  const resolved = unwrap(resolveArguments(definition, { entryPoint, parameters, isText: false }, "/work"));
  return plan(definition, resolved, answerAll(definition, resolved, change));
}
const codeOf = (result: Result<unknown>) => result.ok ? "fine" : result.failure.code;
const keysOf = (result: Result<Plan>) =>
  Object.fromEntries(unwrap(result).steps.map(({ name, key }) => [name, key]));

Deno.test("plan() is the same bytes for the same pipeline, arguments and world", () => {
  assert.equal(
    canonicalJson(unwrap(planOf(trainingPipeline()))),
    canonicalJson(unwrap(planOf(trainingPipeline()))),
  );
});

Deno.test("plan() fits its own schema", () => {
  const made = unwrap(planOf(trainingPipeline(), "train", { plots: undefined }));
  assert.deepEqual(Plan.parse(JSON.parse(JSON.stringify(made))), JSON.parse(JSON.stringify(made)));
});

Deno.test("plan() holds what the entry point needs and nothing else", () => {
  const names = (entryPoint: string) =>
    unwrap(planOf(trainingPipeline(), entryPoint)).steps.map(({ name }) => name);
  assert.deepEqual(names("preprocess"), ["preprocess"]);
  assert.deepEqual(names("train"), ["preprocess", "train"]);
  assert.deepEqual(names("main"), ["preprocess", "train"]);
});

Deno.test("plan() leaves out a step whose condition is false, and says why", () => {
  const everything = trainingPipeline({ results: {} });
  const off = unwrap(planOf(everything, "main", { "plot.title": "t" }));
  assert.deepEqual(off.skipped, [{ step: "plot", because: "plots" }]);
  const on = unwrap(planOf(everything, "main", { "plot.title": "t", plots: true }));
  assert.deepEqual(on.steps.map(({ name }) => name), ["preprocess", "train", "plot"]);
});

Deno.test("plan() refuses an entry point whose own condition is false", () => {
  assert.equal(codeOf(planOf(trainingPipeline(), "plot", { title: "t" })), "ENTRY_POINT_DISABLED");
});

Deno.test("plan() refuses a step that needs one that is left out", () => {
  const definition = trainingPipeline({ results: {} });
  const needy = useOf(stepOf("needy", { inputs: { plot: { kind: { kind: "file" }, takes: "one" } } }), {
    inputs: { plot: { is: "one", source: { is: "output", step: "plot", output: "png" } } },
  });
  const steps = [...definition.steps, needy];
  assert.equal(codeOf(planOf({ ...definition, steps }, "main", { "plot.title": "t" })), "WIRE_INVALID");
});

const base = () => keysOf(planOf(trainingPipeline()));
const changed = digestValue("changed");
const withTrain = (change: object) => {
  const definition = trainingPipeline();
  const steps = definition.steps.map((use) =>
    use.name === "train" ? { ...use, definition: { ...use.definition, ...change } } : use
  );
  return { ...definition, steps };
};
for (
  const [name, other, expected] of [
    ["changes with a parameter", () => planOf(trainingPipeline(), "main", { alpha: 0.2 }), ["train"]],
    [
      "changes downstream of a parameter",
      () => planOf(trainingPipeline(), "main", { "preprocess.seed": 2 }),
      [
        "preprocess",
        "train",
      ],
    ],
    [
      "changes with the command",
      () => planOf(withTrain({ body: { is: "command", command: commandOf("x") } })),
      ["train"],
    ],
    [
      "changes with a permission",
      () => planOf(withTrain({ permissions: { net: true, read: [], write: [], env: [], gpu: false } })),
      ["train"],
    ],
    [
      "changes with an output's kind",
      () => planOf(withTrain({ outputs: { model: { kind: "file", format: "bin" } } })),
      ["train"],
    ],
    [
      "changes with the sources",
      () =>
        planOf(
          trainingPipeline(),
          "main",
          {},
          (q) => q.is === "sources" ? { "train.py": changed } : undefined,
        ),
      [
        "preprocess",
        "train",
      ],
    ],
    [
      "changes with the environment",
      () =>
        planOf(
          trainingPipeline(),
          "main",
          {},
          (q) => q.is === "environment" ? { is: "locked", id: changed } : undefined,
        ),
      ["preprocess", "train"],
    ],
    [
      "keeps with another limit",
      () => planOf(withTrain({ limits: { retries: 3, cores: 4, timeoutMs: 1 } })),
      [],
    ],
    ["keeps with another description", () => planOf(withTrain({ description: "other" })), []],
    ["keeps with another pipeline name", () => planOf(trainingPipeline({ name: "other" })), []],
    ["keeps with another place in the file", () => planOf(trainingPipeline({ place: { line: 99 } })), []],
    ["keeps with another entry point", () => planOf(trainingPipeline(), "train"), []],
  ] as [string, () => Result<Plan>, string[]][]
) {
  Deno.test(`a static key ${name}`, () => {
    const [before, after] = [base(), keysOf(other())];
    assert.deepEqual(Object.keys(before).filter((step) => before[step] !== after[step]), expected);
  });
}

Deno.test("a static key does not depend on the names of steps and parameters of the pipeline", () => {
  const renamed = JSON.parse(
    JSON.stringify(trainingPipeline()).replaceAll('"preprocess', '"prepare').replaceAll('"train"', '"fit"'),
  );
  assert.deepEqual(Object.values(base()), Object.values(keysOf(planOf(renamed))));
});

Deno.test("a static key does not depend on where the project lies", () => {
  const moved = JSON.parse(
    JSON.stringify(trainingPipeline()).replaceAll("file:///project/", "file:///elsewhere/"),
  );
  const same = (question: Question) => question.is === "sources" ? { "train.py": changed } : undefined;
  assert.deepEqual(
    keysOf(planOf(trainingPipeline(), "main", {}, same)),
    keysOf(planOf(moved, "main", {}, same)),
  );
});

Deno.test("a path parameter counts by its content, and is relative to the working folder", () => {
  const step = stepOf("read", { parameters: { data: { type: "path" } } });
  const definition = {
    ...trainingPipeline({ results: {} }),
    parameters: { data: { type: "path" as const } },
    steps: [useOf(step, { arguments: { data: { is: "parameter", name: "data" } } })],
  };
  const content = (question: Question) => question.is === "content" ? changed : undefined;
  const made = unwrap(planOf(definition, "main", { data: "in/wine.csv" }, content));
  assert.deepEqual(made.steps[0]!.arguments["data"], {
    is: "value",
    value: "/work/in/wine.csv",
    digest: changed,
  });
  assert.deepEqual(
    keysOf(planOf(definition, "main", { data: "in/a.csv" }, content)),
    keysOf(planOf(definition, "main", { data: "other/a.csv" }, content)),
  );
  assert.notDeepEqual(
    keysOf(planOf(definition, "main", { data: "a.csv" }, content)),
    keysOf(planOf(definition, "main", { data: "b.csv" }, content)),
    "the step sees its name",
  );
});

for (
  const [name, what] of [["the content of what may be read", "granted"], ["a variable's value", "variable"]]
) {
  Deno.test(`a static key changes with ${name}, and not with where it lies`, () => {
    const permissions = { net: false, read: ["/project/data"], write: [], env: ["TOKEN"], gpu: false };
    const definition = withTrain({ permissions });
    const before = keysOf(planOf(definition));
    const after = keysOf(planOf(definition, "main", {}, (q) => q.is === what ? changed : undefined));
    assert.notEqual(before["train"], after["train"]);
    assert.equal(before["preprocess"], after["preprocess"]);
    const moved = JSON.parse(JSON.stringify(definition).replaceAll("/project/", "/elsewhere/"));
    const granted = (q: Question) =>
      q.is === "granted" ? changed : q.is === "sources" ? { "train.py": changed } : undefined;
    assert.deepEqual(
      keysOf(planOf(definition, "main", {}, granted)),
      keysOf(planOf(moved, "main", {}, granted)),
    );
  });
}

for (
  const [name, change, expected] of [
    ["of a step in an environment", { environment: { kind: "deno" } }, true],
    ["not of a step with the host's programs", {}, false],
    ["of one that asks for it", { cache: true }, true],
    [
      "not of one that may write elsewhere",
      {
        environment: { kind: "deno" },
        permissions: { net: false, read: [], write: ["/x"], env: [], gpu: false },
      },
      false,
    ],
    ["not of one that asks not to", { environment: { kind: "deno" }, cache: false }, false],
  ] as [string, object, boolean][]
) {
  Deno.test(`results are kept ${name}`, () => {
    const steps = unwrap(planOf(withTrain(change))).steps;
    assert.equal(steps.find((step) => step.name === "train")!.cache, expected);
  });
}
