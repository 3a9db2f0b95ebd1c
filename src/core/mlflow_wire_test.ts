import assert from "node:assert/strict";
import fc from "fast-check";
import type { z } from "zod";
import {
  WireLoggedModel,
  WireModelVersion,
  WireRegisteredModel,
  writeLoggedModel,
  writeModelVersion,
  writeRegisteredModel,
} from "./mlflow_models_wire.ts";
import { WireDouble, WireInteger, type WireObject } from "./mlflow_scalars.ts";
import {
  WireExperiment,
  WireMetric,
  WireRun,
  WireRunInfo,
  writeExperiment,
  writeRun,
} from "./mlflow_wire.ts";

const text = fc.string({ unit: "binary" });
const filled = fc.string({ unit: "binary", minLength: 1 });
const instant = fc.integer({ min: 0, max: 4_102_444_800_000 });
const step = fc.maxSafeInteger();
/** The largest double stands for infinity on the wire, so it does not come back as itself. */
const value = fc.double().filter((number) => Math.abs(number) !== Number.MAX_VALUE);
const pairs = fc.array(fc.record({ key: text, value: text }), { maxLength: 3 });
const stage = fc.constantFrom("active" as const, "deleted" as const);

/** Fields of `optional` may be missing. */
function shape<R extends object, O extends object>(
  required: { [N in keyof R]: fc.Arbitrary<R[N]> },
  optional: { [N in keyof O]: fc.Arbitrary<O[N]> },
): fc.Arbitrary<R & Partial<O>> {
  const options = { requiredKeys: Object.keys(required) } as never;
  return fc.record({ ...required, ...optional }, options) as fc.Arbitrary<R & Partial<O>>;
}

const metricFields = { key: text, value, timestamp: instant, step };
const metricOptions = { modelId: text, datasetName: text, datasetDigest: text };
const metric = shape(metricFields, metricOptions);
const modelMetric = shape({ ...metricFields, runId: text }, metricOptions);
const datasetInput = fc.record({
  tags: pairs,
  dataset: shape({ name: text, digest: text, sourceType: text, source: text }, {
    schema: text,
    profile: text,
  }),
});
const run = fc.record({
  info: shape({
    id: filled,
    name: text,
    experimentId: text,
    status: fc.constantFrom("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"),
    startedAt: instant,
    artifactUri: text,
    lifecycleStage: stage,
    user: text,
  }, { endedAt: instant }),
  metrics: fc.array(metric, { maxLength: 3 }),
  parameters: pairs,
  tags: pairs,
  datasetInputs: fc.array(datasetInput, { maxLength: 2 }),
  modelInputs: fc.array(fc.record({ modelId: text }), { maxLength: 2 }),
  modelOutputs: fc.array(fc.record({ modelId: text, step }), { maxLength: 2 }),
});
const experiment = shape(
  { id: text, name: text, artifactLocation: text, lifecycleStage: stage, tags: pairs },
  { createdAt: instant, updatedAt: instant },
);
const loggedModel = shape({
  id: text,
  experimentId: text,
  name: text,
  artifactUri: text,
  createdAt: instant,
  updatedAt: instant,
  status: fc.constantFrom("PENDING", "READY", "FAILED"),
  tags: pairs,
  parameters: pairs,
  metrics: fc.array(modelMetric, { maxLength: 3 }),
}, { statusMessage: filled, modelType: filled, sourceRunId: filled });
const versionFields = {
  name: text,
  version: text,
  createdAt: instant,
  updatedAt: instant,
  source: text,
  status: fc.constantFrom("READY", "PENDING_REGISTRATION", "FAILED_REGISTRATION"),
  stage: text,
  tags: pairs,
  aliases: fc.array(text, { maxLength: 2 }),
};
const modelVersion = shape(versionFields, {
  description: filled,
  runId: filled,
  modelId: filled,
  statusMessage: filled,
});
const registeredModel = shape({
  name: text,
  createdAt: instant,
  updatedAt: instant,
  tags: pairs,
  aliases: fc.array(fc.record({ alias: text, version: text }), { maxLength: 2 }),
  latestVersions: fc.array(modelVersion, { maxLength: 2 }),
}, { description: filled });

function holdsOnTheWire<T>(
  name: string,
  values: fc.Arbitrary<T>,
  write: (value: never) => WireObject,
  schema: z.ZodType,
): void {
  Deno.test(`${name} comes back from MLflow's JSON as it was`, () => {
    fc.assert(fc.property(values, (given) => {
      const sent = JSON.stringify(write(given as never));
      // A record of fast-check has no prototype, and -0 is 0 in JSON.
      assert.deepEqual(plain(schema.parse(JSON.parse(sent))), plain(given));
    }));
  });
}
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, inner) => typeof inner === "number" ? `number ${inner}` : inner));

holdsOnTheWire("an experiment", experiment, writeExperiment, WireExperiment);
holdsOnTheWire("a run", run, writeRun, WireRun);
holdsOnTheWire("a logged model", loggedModel, writeLoggedModel, WireLoggedModel);
holdsOnTheWire("a model version", modelVersion, writeModelVersion, WireModelVersion);
holdsOnTheWire("a registered model", registeredModel, writeRegisteredModel, WireRegisteredModel);

for (
  const [name, schema, given, expected] of [
    ["a number", WireInteger, 12, 12],
    ["its text", WireInteger, "-12", -12],
    ["the largest that is exact", WireInteger, "9007199254740991", Number.MAX_SAFE_INTEGER],
    ["one beyond", WireInteger, "9007199254740993", undefined],
    ["one far beyond", WireInteger, "18446744073709551616", undefined],
    ["a fraction", WireInteger, 1.5, undefined],
    ["a fraction as text", WireInteger, "1.5", undefined],
    ["nothing", WireInteger, "", undefined],
    ["a double", WireDouble, 0.1, 0.1],
    ["NaN", WireDouble, "NaN", NaN],
    ["infinity", WireDouble, "Infinity", Infinity],
    ["minus infinity", WireDouble, "-Infinity", -Infinity],
    ["the largest double, as MLflow keeps infinity", WireDouble, -Number.MAX_VALUE, -Infinity],
    ["other text", WireDouble, "abc", undefined],
  ] as const
) {
  Deno.test(`a scalar is read from ${name}${expected === undefined ? ": refused" : ""}`, () => {
    const read = schema.safeParse(given);
    assert.equal(read.success, expected !== undefined);
    assert.deepEqual(read.data, expected);
  });
}

Deno.test("a field that is null counts as absent", () => {
  const wire = { key: "a", value: 1, timestamp: "5", step: null, model_id: null, dataset_name: null };
  assert.deepEqual(WireMetric.parse(wire), { key: "a", value: 1, timestamp: 5, step: 0 });
});

Deno.test("a run is read by the older name of its id, and an unknown field is ignored", () => {
  const info = WireRunInfo.parse({ run_uuid: "abc", experiment_id: "1", shape: "round" });
  assert.deepEqual(info, {
    id: "abc",
    name: "",
    experimentId: "1",
    status: "RUNNING",
    startedAt: 0,
    artifactUri: "",
    lifecycleStage: "active",
    user: "",
  });
});
