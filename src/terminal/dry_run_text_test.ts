import assert from "node:assert/strict";
import type { Forecast } from "../core/cause.ts";
import { type Plan, type PlannedStep, planVersion } from "../core/plan.ts";
import { noLimits, noPermissions } from "../core/permissions.ts";
import { dryRunLines } from "./dry_run_text.ts";

const key = `sha256:${"0123456789abcdef".repeat(4)}`;
const step = (name: string, rest: Partial<PlannedStep>): PlannedStep => ({
  name,
  key,
  body: { is: "function", module: "file:///work/pipeline.ts", step: name },
  folder: "/work",
  sources: key,
  environment: { kind: "deno" },
  environmentState: { is: "locked", id: key },
  arguments: {},
  parameters: {},
  inputs: {},
  outputs: {},
  metrics: [],
  needs: [],
  permissions: noPermissions,
  granted: { read: {}, env: {} },
  limits: noLimits,
  sandbox: "bubblewrap",
  cache: true,
  place: {},
  ...rest,
});

const forecast: Forecast = new Map([
  ["preprocess", {
    is: "will-run",
    causes: [{ is: "source", path: "a.py", old: key, new: key, line: { number: 7 } }],
  }],
  ["train", { is: "depends", on: ["preprocess"] }],
]);

Deno.test("dryRunLines() shows parameters, steps in order, where inputs come from and what is left out", () => {
  const plan: Plan = {
    version: planVersion,
    pipeline: "wine",
    module: "file:///work/pipeline.ts",
    entryPoint: "train",
    parameters: { alpha: 0.1, note: "a\nb\u001b[2J" },
    steps: [
      step("preprocess", {
        inputs: { raw: { is: "one", input: { is: "file", path: "/work/raw.csv", digest: key } } },
      }),
      step("train", {
        body: {
          is: "command",
          command: {
            words: [
              { is: "word", parts: [{ is: "text", text: "python" }] },
              { is: "word", parts: [{ is: "text", text: "my train.py" }] },
              { is: "word", parts: [{ is: "hole", of: "parameter", name: "alpha" }] },
            ],
          },
        },
        environment: { kind: "python", version: "3.12", requirements: { from: "list", requirements: [] } },
        environmentState: { is: "unlocked", because: "no lock" },
        inputs: {
          data: { is: "one", input: { is: "output", step: "preprocess", output: "train" } },
          warm: { is: "absent" },
        },
        needs: ["preprocess"],
      }),
    ],
    sources: {},
    skipped: [{ step: "plot", because: "plots" }],
    results: {},
  };
  assert.equal(
    [...dryRunLines(plan, forecast, "/work")].join("\n"),
    `Plan of wine train: 2 steps

parameter  value
alpha      0.1
note       a\\nb\\u001b[2J

step        state                                      needs       environment                  sandbox     key           command
preprocess  will run                                               deno                         bubblewrap  0123456789ab  run function of pipeline.ts
train       runs unless preprocess comes out the same  preprocess  python 3.12, not locked yet  bubblewrap  0123456789ab  python 'my train.py' {alpha}

will run    as
preprocess  source a.py:7 changed

input           from
preprocess.raw  raw.csv
train.data      preprocess.train
train.warm      nothing

Left out: plot, as \`plots\` is false`,
  );
});
