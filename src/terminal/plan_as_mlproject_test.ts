import assert from "node:assert/strict";
import { noLimits, noPermissions } from "../core/permissions.ts";
import type { Plan, PlannedStep } from "../core/plan.ts";
import { planAsMlproject } from "./plan_as_mlproject.ts";

const key = `sha256:${"0".repeat(64)}`;
const step = (name: string, rest: Partial<PlannedStep>): PlannedStep => ({
  name,
  key,
  body: { is: "function", module: "file:///work/pipeline.ts", step: name },
  folder: "/work",
  sources: key,
  environment: { kind: "host" },
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
const text = (word: string) => ({ is: "word", parts: [{ is: "text", text: word }] } as const);
const hole = (
  of: "parameter" | "input" | "output",
  name: string,
) => ({ is: "word", parts: [{ is: "hole", of, name }] } as const);

Deno.test("planAsMlproject() prints commands that run in order, with braces, spaces and lists as MLflow wants them", () => {
  const file = { kind: "file", format: "csv" } as const;
  const plan: Plan = {
    version: 2,
    sources: {},
    pipeline: "wine",
    module: "file:///work/pipeline.ts",
    entryPoint: "main",
    parameters: {},
    steps: [
      step("split", {
        body: {
          is: "command",
          command: { words: [text("awk"), text("{print $1}"), hole("input", "raw"), hole("output", "part")] },
        },
        inputs: { raw: { is: "one", input: { is: "file", path: "/work/raw data.csv", digest: key } } },
        outputs: { part: file },
      }),
      step("train", {
        body: {
          is: "command",
          command: {
            words: [
              text("train"),
              { is: "each", input: "parts" },
              {
                is: "word",
                parts: [{ is: "text", text: "--alpha=" }, { is: "hole", of: "parameter", name: "alpha" }],
              },
              { is: "flag", flag: "--shuffle", parameter: "shuffle" },
              { is: "flag", flag: "--quick", parameter: "quick" },
              hole("parameter", "loss"),
            ],
          },
        },
        parameters: {
          alpha: { type: "float" },
          shuffle: { type: "boolean" },
          quick: { type: "boolean" },
          loss: { type: "float" },
        },
        arguments: {
          alpha: { is: "value", value: 0.1 },
          shuffle: { is: "value", value: true },
          quick: { is: "value", value: false },
          loss: { is: "metric", step: "split", metric: "rows" },
        },
        inputs: {
          parts: {
            is: "many",
            inputs: [
              { is: "output", step: "split", output: "part" },
              { is: "registered", uri: "models:/m/1", version: "1", location: "x" },
            ],
          },
        },
        needs: ["split"],
      }),
      step("report", {}),
    ],
    skipped: [],
    results: {},
  };
  assert.equal(
    planAsMlproject(plan),
    `# Commands of wine main, in the order of the plan
name: "wine"

entry_points:
  "split":
    parameters:
      "raw": {type: path, default: "/work/raw data.csv"}
      "part": {type: string, default: "outputs/split/part.csv"}
    command: "mkdir -p outputs/split && awk '{{print $1}}' {raw} {part}"

  "train":
    parameters:
      "alpha": {type: float, default: 0.1}
      "shuffle": {type: string, default: true}
      "quick": {type: string, default: false}
      "loss": float  # metric rows of step split
      "parts_0": {type: path, default: "outputs/split/part.csv"}
      "parts_1": {type: path, default: "models:/m/1"}
    command: "train {parts_0} {parts_1} --alpha={alpha} --shuffle {loss}"

  # report is a function in TypeScript: MLproject has only commands
`,
  );
});
