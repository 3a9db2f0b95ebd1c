import assert from "node:assert/strict";
import type { StepForecast } from "../core/cause.ts";
import { digestValue } from "../core/digest.ts";
import { noLimits, noPermissions } from "../core/permissions.ts";
import { type Plan, type PlannedInput, type PlannedStep, planVersion } from "../core/plan.ts";
import type { SandboxTier } from "../core/sandbox_tier.ts";
import { keyOf, keyParts } from "../core/step_key.ts";
import { type KeyRecord, resultVersion, type StepResult } from "../core/step_result.ts";
import { type ForecastOptions, type LastRun, openForecast } from "./forecast.ts";

const id = digestValue("environment");
type Change = Partial<PlannedStep> & { readonly alpha?: number; readonly content?: string };

/** Reads the output `made` and the metric `loss` of each step in `from`. */
function step(name: string, from: readonly string[], change: Change = {}): PlannedStep {
  const { alpha = 1, content: _, ...rest } = change;
  const input = (producer: string): PlannedInput => ({ is: "output", step: producer, output: "made" });
  return {
    name,
    key: digestValue(name),
    body: { is: "function", module: "file:///work/pipeline.ts", step: name },
    folder: "/work",
    sources: id,
    environment: { kind: "deno" },
    environmentState: { is: "locked", id },
    arguments: {
      alpha: { is: "value", value: alpha },
      ...Object.fromEntries(
        from.map((producer) => [producer, { is: "metric", step: producer, metric: "loss" }]),
      ),
    },
    parameters: {},
    inputs: from.length === 0 ? {} : { data: { is: "many", inputs: from.map(input) } },
    outputs: { made: { kind: "file" } },
    metrics: ["loss"],
    needs: [...from],
    permissions: noPermissions,
    granted: { read: {}, env: {} },
    limits: noLimits,
    sandbox: "landlock",
    cache: true,
    place: {},
    ...rest,
  };
}
const planOf = (...steps: PlannedStep[]): Plan => ({
  version: planVersion,
  pipeline: "p",
  module: "file:///work/pipeline.ts",
  entryPoint: "main",
  parameters: {},
  steps,
  sources: { [id]: {} },
  skipped: [],
  results: {},
});

/** A cache and a tracker, as they are after runs of plans. `content` of a step is what it makes. */
function world() {
  const results = new Map<string, StepResult>();
  const records = new Map<string, KeyRecord>();
  const runs = new Map<string, LastRun>();
  const asked: string[] = [];
  const run = (
    steps: readonly PlannedStep[],
    contents: Record<string, string> = {},
    tier: SandboxTier = "landlock",
  ) => {
    const made = new Map<string, StepResult>();
    for (const each of steps) {
      const parts = keyParts(each, {
        output: (name) => ({ content: made.get(name)!.outputs["made"]!.digest, name: "made" }),
        metric: (name) => ({ value: Number(made.get(name)!.metrics[0]!.value) }),
      });
      const key = keyOf(parts);
      const digest = digestValue(contents[each.name] ?? each.name);
      const result: StepResult = {
        version: resultVersion,
        key,
        sandbox: tier,
        outputs: {
          made: { file: "made", isFolder: false, digest, sizeBytes: 1, files: [], emptyFolders: [] },
        },
        metrics: [{ key: "loss", value: "0.5", step: 0, timestamp: 0 }],
        parameters: [],
        tags: [],
        models: [],
        madeBy: { tracker: "", runId: `run of ${each.name}`, artifactUri: "", startedAt: 0, endedAt: 0 },
      };
      made.set(each.name, result);
      if (each.cache) results.set(key, result);
      records.set(key, { version: resultVersion, parts, sources: {} });
      runs.set(each.name, { runId: `run of ${each.name}`, status: "FINISHED", key });
    }
  };
  const ask = async (plan: Plan, options?: ForecastOptions, names = plan.steps.map((each) => each.name)) => {
    const { of } = openForecast(plan, {
      find: (key) => results.get(key),
      findRecord: (key) => Promise.resolve(records.get(key)),
      lastRun: (name) => Promise.resolve((asked.push(name), runs.get(name) ?? null)),
      contents: () => Promise.resolve(undefined),
    }, options);
    return Object.fromEntries(await of(names));
  };
  const uncertain = (plan: Plan, name: string) =>
    openForecast(plan, {
      find: (key) => results.get(key),
      findRecord: () => Promise.reject(new Error("not asked")),
      lastRun: () => Promise.reject(new Error("not asked")),
      contents: () => Promise.reject(new Error("not asked")),
    }).uncertain(name);
  return { results, records, runs, asked, run, ask, uncertain };
}

const [split, train, score] = [step("split", []), step("train", ["split"]), step("score", ["train"])];
const steps = [split, train, score];
const cached = (name: string): StepForecast => ({ is: "cached", runId: `run of ${name}` });
const willRun = (...causes: Extract<StepForecast, { is: "will-run" }>["causes"]): StepForecast => ({
  is: "will-run",
  causes,
});
const alphaChanged = { is: "parameter", name: "alpha", old: 1, new: 2 } as const;

Deno.test("forecast() of steps that never ran says so of each", async () => {
  const never = willRun({ is: "never-ran" });
  assert.deepEqual(await world().ask(planOf(...steps)), { split: never, train: never, score: never });
});

Deno.test("forecast() after a run takes every result, and asks the tracker nothing", async () => {
  const { run, ask, asked } = world();
  run(steps);
  assert.deepEqual(await ask(planOf(...steps)), {
    split: cached("split"),
    train: cached("train"),
    score: cached("score"),
  });
  assert.deepEqual(asked, []);
});

Deno.test("forecast() says of what follows a change that it depends on how that comes out", async () => {
  const { run, ask } = world();
  run(steps);
  assert.deepEqual(await ask(planOf(step("split", [], { alpha: 2 }), train, score)), {
    split: willRun(alphaChanged),
    train: { is: "depends", on: ["split"] },
    score: { is: "depends", on: ["train"] },
  });
});

Deno.test("forecast() tells an own change even where a step before it will run", async () => {
  const { run, ask } = world();
  run(steps);
  const [first, second] = [step("split", [], { alpha: 2 }), step("train", ["split"], { alpha: 2 })];
  const told = await ask(planOf(first, second, score));
  assert.deepEqual(told["train"], willRun(alphaChanged));
  assert.deepEqual(told["score"], { is: "depends", on: ["train"] });
});

Deno.test("forecast() of one more in a fan-out leaves the others cached and tells what the reader gets", async () => {
  const { run, ask } = world();
  const [a, b, c] = [step("a", []), step("b", []), step("c", [])];
  run([a, b, step("all", ["a", "b"])]);
  const all = step("all", ["a", "b"]);
  const grown = step("all", ["a", "b", "c"], { arguments: all.arguments });
  assert.deepEqual(await ask(planOf(a, b, c, grown)), {
    a: cached("a"),
    b: cached("b"),
    c: willRun({ is: "never-ran" }),
    all: willRun({ is: "input", name: "data", from: "c.made", new: { is: "not-made-yet" } }),
  });
});

Deno.test("forecast() tells an input that another run has made anew", async () => {
  const { run, ask } = world();
  run(steps);
  run([split], { split: "other" });
  const told = await ask(planOf(...steps));
  assert.equal(told["split"]!.is, "cached");
  const causes = (told["train"] as Extract<StepForecast, { is: "will-run" }>).causes;
  assert.deepEqual(causes.map((cause) => [cause.is, "from" in cause && cause.from]), [[
    "input",
    "split.made",
  ]]);
});

for (
  const [name, change, because] of [
    ["uses the host's programs", { cache: false, environment: { kind: "host" } }, "host-environment"],
    [
      "writes elsewhere",
      { cache: false, permissions: { ...noPermissions, write: ["/w"] } },
      "write-permission",
    ],
    ["says so itself", { cache: false }, "step"],
  ] as const
) {
  Deno.test(`forecast() says that a step is not cached as it ${name}`, async () => {
    const { run, ask } = world();
    const first = step("split", [], change);
    run([first, train]);
    assert.deepEqual(await ask(planOf(first, train)), {
      split: willRun({ is: "not-cached", because }),
      train: { is: "depends", on: ["split"] },
    });
  });
}

Deno.test("forecast() of a run without cache says that of each step", async () => {
  const { run, ask } = world();
  run(steps);
  const told = await ask(planOf(...steps), { useCache: false });
  for (const each of Object.values(told)) {
    assert.deepEqual(each, willRun({ is: "not-cached", because: "run" }));
  }
});

Deno.test("forecast() tells a result that is not kept any more", async () => {
  const { run, ask, results } = world();
  run(steps);
  results.delete([...results.values()].find((result) => result.madeBy.runId === "run of train")!.key);
  assert.deepEqual(await ask(planOf(...steps)), {
    split: cached("split"),
    train: willRun({ is: "not-kept" }),
    score: { is: "depends", on: ["train"] },
  });
});

Deno.test("forecast() does not take what a weaker sandbox held, and takes what a stronger one held", async () => {
  const { run, ask } = world();
  run(steps, {}, "none");
  const told = await ask(planOf(split));
  assert.deepEqual(told["split"], willRun({ is: "weaker-sandbox", made: "none", wanted: "landlock" }));
  run(steps, {}, "bubblewrap");
  assert.equal((await ask(planOf(split)))["split"]!.is, "cached");
});

Deno.test("forecast() tells a last run that did not finish, and what changed since", async () => {
  const { run, ask, runs, results } = world();
  run([split]);
  results.clear();
  runs.set("split", { ...runs.get("split")!, status: "FAILED" });
  const failed = { is: "did-not-finish", runId: "run of split", status: "FAILED" } as const;
  assert.deepEqual((await ask(planOf(split)))["split"], willRun(failed));
  const changed = step("split", [], { alpha: 2 });
  assert.deepEqual((await ask(planOf(changed)))["split"], willRun(failed, alphaChanged));
});

Deno.test("forecast() says when what a step ran with is not known any more", async () => {
  const { run, ask, records, results } = world();
  run([split]);
  results.clear();
  records.clear();
  assert.deepEqual(
    (await ask(planOf(split)))["split"],
    willRun({ is: "not-comparable", runId: "run of split" }),
  );
});

Deno.test("forecast() of one step asks the tracker about that one only, and says nothing of others", async () => {
  const { run, ask, asked } = world();
  run(steps);
  const changed = planOf(step("split", [], { alpha: 2 }), train, score, step("other", []));
  assert.deepEqual(await ask(changed, {}, ["score"]), { score: { is: "depends", on: ["train"] } });
  assert.deepEqual(asked, ["score"]);
});

Deno.test("uncertain() names what is not cached for certain, and where it begins, asking the cache alone", () => {
  const { run, uncertain } = world();
  run(steps);
  assert.deepEqual(uncertain(planOf(...steps), "score"), []);
  const changed = planOf(split, step("train", ["split"], { alpha: 2 }), score, step("other", []));
  assert.deepEqual(uncertain(changed, "score"), [
    { step: "train", isOrigin: true },
    { step: "score", isOrigin: false },
  ]);
});
