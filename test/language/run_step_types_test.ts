/** What TypeScript promises of `runStep`: each line below compiles, or must not. Nothing here runs but the last tests. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { choice, dataset, file, float, int, many, model, optional, step } from "sluice";
import { runStep } from "sluice/testing";
import { root } from "../walk.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const holds = <Expected extends true>(_?: Expected) => {};

const Wine = dataset({ alcohol: float() });
const train = step("train", {
  params: { alpha: float().default(0.5), folds: int(), loss: choice("mse", "mae").default("mse") },
  inputs: { data: Wine, further: many(Wine), warm: optional(model("sklearn")) },
  outputs: { model: model("sklearn"), report: file() },
  metrics: ["rmse"],
  run: () => ({ rmse: 1 }),
});
const tick = step("tick", { run: () => {} });
const tune = step("tune", { params: { alpha: float().default(0.5) }, run: () => {} });
const show = step("show", { inputs: { warm: optional(file()) }, run: () => {} });

export const promises = async () => {
  const made = await runStep(train, {
    params: { folds: 3, loss: "mae" },
    inputs: { data: "a.csv", further: [] },
    sandbox: "require",
    useCache: true,
  });
  holds<Same<typeof made.metrics.rmse, number>>();
  holds<Same<typeof made.outputs.model, string>>();
  holds<Same<typeof made.params.loss, "mse" | "mae">>();
  holds<Same<typeof made.log, string>>();
  await runStep(tick);
  await runStep(tick, {});
  await runStep(tick, { sandbox: "off" });
  await runStep(tune);
  await runStep(tune, { params: { alpha: 1 } });
  await runStep(show);
  await runStep(show, { inputs: { warm: "x.json" } });

  // @ts-expect-error no such metric
  made.metrics.loss;
  // @ts-expect-error no such output
  made.outputs.modle;
  // @ts-expect-error what it needs must be given
  await runStep(train);
  // @ts-expect-error parameters without a default must be given
  await runStep(train, { inputs: { data: "a.csv", further: [] } });
  // @ts-expect-error inputs must be given
  await runStep(train, { params: { folds: 3 } });
  // @ts-expect-error each input that is not optional must be given
  await runStep(train, { params: { folds: 3 }, inputs: { data: "a.csv" } });
  // @ts-expect-error a list of paths is wanted
  await runStep(train, { params: { folds: 3 }, inputs: { data: "a.csv", further: "b.csv" } });
  // @ts-expect-error a parameter that is not there
  await runStep(tune, { params: { alhpa: 1 } });
  // @ts-expect-error an input that is not there
  await runStep(show, { inputs: { warn: "x.json" } });
  // @ts-expect-error a step without parameters
  await runStep(tick, { params: { alpha: 1 } });
  // @ts-expect-error a parameter of another type
  await runStep(tune, { params: { alpha: "1" } });
  // @ts-expect-error an option that is not there
  await runStep(tick, { cache: true });
  // @ts-expect-error a sandbox that is not there
  await runStep(tick, { sandbox: "full" });
  // @ts-expect-error no step
  await runStep(Wine);
};

const wrong: readonly (readonly [code: string, ...says: readonly string[]])[] = [
  ["runStep(train)", "Expected 2 arguments, but got 1"],
  ['runStep(train, { inputs: { data: "a.csv" } })', "Property 'params' is missing in type"],
  [
    'runStep(train, { params: { folds: 3 }, inputs: { dta: "a.csv" } })',
    "'dta' does not exist in type",
    "Did you mean to write 'data'?",
  ],
  [
    'runStep(train, { params: { folds: 3, alhpa: 1 }, inputs: { data: "a.csv" } })',
    "'alhpa' does not exist in type",
    "Did you mean to write 'alpha'?",
  ],
  [
    "runStep(train, { params: { folds: 3 }, inputs: { data: 7 } })",
    "Type 'number' is not assignable to type 'string'",
  ],
  [
    "runStep(train, {}).then((made) => made.metrics.rmes)",
    "Property 'rmes' does not exist on type 'Metrics<\"rmse\">'",
  ],
];

Deno.test("each wrong call of runStep is refused with a message that names what is wrong", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "wrong.ts");
    const before = `import { dataset, float, int, step } from "sluice";
import { runStep } from "sluice/testing";
const train = step("train", {
  params: { folds: int(), alpha: float().default(0.5) }, inputs: { data: dataset({ a: float() }) }, metrics: ["rmse"],
  run: () => ({ rmse: 1 }),
});
`;
    await Deno.writeTextFile(path, before + wrong.map(([code]) => `${code};\n`).join(""));
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--config", `${root}deno.json`, path],
      env: { NO_COLOR: "1" },
    }).output();
    const blocks = new TextDecoder().decode(stderr).split(/\n\n(?=TS\d+ \[ERROR\])/);
    for (const [index, [code, ...says]] of wrong.entries()) {
      const place = `wrong.ts:${before.split("\n").length + index}:`;
      const said = blocks.filter((block) => block.includes(place)).join("\n");
      for (const words of says) assert.ok(said.includes(words), `${code}\n${said}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
