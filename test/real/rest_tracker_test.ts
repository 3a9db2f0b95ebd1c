/** The tracker as a client of a real MLflow server, where that differs from a file. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { SluiceError } from "../../src/core/error.ts";
import type { Tracker } from "../../src/core/ports/tracker.ts";
import { TrackingError } from "../../src/core/tracking.ts";
import { openRestTracker } from "../../src/tracker/rest_tracker.ts";
import { trackerContract } from "../../src/tracker/tracker_contract.ts";
import { realTest } from "../real_part.ts";
import { type MlflowServer, startMlflowServer } from "./mlflow.ts";

realTest(["mlflow"], "a real MLflow server is a tracker", async () => {
  const folder = await Deno.makeTempDir();
  const server = await startMlflowServer({
    backend: `sqlite:///${folder}/mlflow.db`,
    artifacts: join(folder, "artifacts"),
  });
  const tracker = openRestTracker(`${server.uri}/`, { clock: Date.now });
  try {
    assert.equal(tracker.uri, server.uri);
    const failures: Error[] = [];
    for (const { name, check } of trackerContract) {
      await check(tracker).catch((cause) => failures.push(new Error(name, { cause })));
    }
    if (failures.length > 0) {
      throw new AggregateError(failures, "The server is not the tracker that others are");
    }
    for (const check of [logsMuch, searchesRuns, keepsArtifacts, takesFolders, registersModels, refuses]) {
      await check(tracker, folder, server);
    }
  } finally {
    await tracker.close();
    await server.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

type Check = (tracker: Tracker, folder: string, server: MlflowServer) => Promise<void>;

async function newRun(tracker: Tracker, name: string, tags: readonly { key: string; value: string }[] = []) {
  const experiment = await tracker.findExperiment("rest") ??
    await tracker.createExperiment("rest", [{ key: "k", value: "v" }]);
  return await tracker.createRun({ experimentId: experiment.id, name, user: "u", startedAt: 1000, tags });
}

const logsMuch: Check = async (tracker) => {
  const { id } = await newRun(tracker, "much");
  const metrics = Array.from(
    { length: 2500 },
    (_, step) => ({ key: "m", value: step, timestamp: step, step }),
  );
  const many = Array.from({ length: 150 }, (_, index) => ({ key: `k${index}`, value: "é".repeat(index) }));
  await tracker.logBatch(id, {
    metrics: [...metrics, { key: "odd", value: NaN, timestamp: 1, step: 0 }, {
      key: "far",
      value: -Infinity,
      timestamp: 1,
      step: 0,
    }],
    parameters: many,
    tags: many,
  });
  const run = await tracker.getRun(id);
  assert.equal(run.parameters.length, 150);
  assert.deepEqual(run.metrics.map(({ key, value }) => [key, value]).sort(), [
    ["far", -Infinity],
    ["m", 2499],
    [
      "odd",
      NaN,
    ],
  ]);
  const steps: number[] = [];
  let token: string | undefined;
  do {
    const page = await tracker.getMetricHistory(id, "m", {
      limit: 1000,
      ...(token === undefined ? {} : { token }),
    });
    steps.push(...page.items.map(({ step }) => step));
    token = page.nextPageToken;
  } while (token !== undefined);
  assert.deepEqual(steps, metrics.map(({ step }) => step));
};

const searchesRuns: Check = async (tracker) => {
  const values = ["plain", "it's", `"quoted"`, `both ' and "`, "per%cent_"];
  for (const value of values) await newRun(tracker, value, [{ key: "odd key/é", value }]);
  const { id } = (await tracker.findExperiment("rest"))!;
  for (const value of values) {
    const found = await tracker.searchRuns({
      experimentIds: [id],
      tags: [{ key: "odd key/é", value }],
      statuses: ["RUNNING", "FAILED"],
      limit: 10,
    });
    assert.deepEqual(found.map(({ info }) => info.name), [value]);
  }
  assert.deepEqual(await tracker.searchRuns({ experimentIds: [id], statuses: ["KILLED"], limit: 10 }), []);
  assert.equal((await tracker.searchRuns({ experimentIds: [id], limit: 2 })).length, 2);
};

const keepsArtifacts: Check = async (tracker) => {
  const { artifactUri } = await newRun(tracker, "artifacts");
  const { artifacts } = tracker;
  assert.equal(artifacts.localFolder(artifactUri), undefined);
  assert.deepEqual(await artifacts.list(artifactUri, ""), []);
  const names = ["plain.txt", "sub dir/ä/50%.txt", "sub dir/a+b&c.txt", "empty"];
  for (const name of names) {
    await artifacts.write(artifactUri, name, new Blob([name === "empty" ? "" : name]).stream());
  }
  for (const name of names) {
    const text = await new Response(await artifacts.read(artifactUri, name)).text();
    assert.equal(text, name === "empty" ? "" : name);
  }
  const paths = async (path: string) =>
    (await artifacts.list(artifactUri, path)).map((file) => file.path).sort();
  assert.deepEqual(await paths(""), ["empty", "plain.txt", "sub dir"]);
  assert.deepEqual(await paths("sub dir"), ["sub dir/a+b&c.txt", "sub dir/ä"]);
  const [file] = await artifacts.list(artifactUri, "sub dir/ä");
  assert.deepEqual(file, { path: "sub dir/ä/50%.txt", isFolder: false, sizeBytes: 18 });
  for (const path of ["../x", "a/../../x", "/etc/x", "a//b", "."]) {
    await assert.rejects(artifacts.write(artifactUri, path, new Blob(["x"]).stream()), TrackingError, path);
    await assert.rejects(artifacts.read(artifactUri, path), TrackingError, path);
  }
  await assert.rejects(
    artifacts.read(artifactUri, "nope"),
    (error) => error instanceof TrackingError && error.code === "RESOURCE_DOES_NOT_EXIST",
  );
};

const takesFolders: Check = async (tracker, folder) => {
  const { artifactUri } = await newRun(tracker, "takes");
  const from = join(folder, "output");
  await Deno.mkdir(join(from, "deep"), { recursive: true });
  await Deno.writeTextFile(join(from, "a.txt"), "a");
  await Deno.writeFile(join(from, "deep", "b.bin"), new Uint8Array(3_000_000));
  await tracker.artifacts.take(artifactUri, "model", from);
  assert.deepEqual(await tracker.artifacts.list(artifactUri, "model/deep"), [
    { path: "model/deep/b.bin", isFolder: false, sizeBytes: 3_000_000 },
  ]);
  await assert.rejects(Deno.stat(from), Deno.errors.NotFound);
};

const registersModels: Check = async (tracker) => {
  const run = await newRun(tracker, "models");
  const model = await tracker.createLoggedModel({
    experimentId: run.experimentId,
    name: "m",
    modelType: "agent",
    sourceRunId: run.id,
    tags: [{ key: "a b", value: "1" }],
    parameters: [{ key: "p", value: "1" }],
  });
  await tracker.deleteLoggedModelTag(model.id, "a b");
  await tracker.logLoggedModelParameters(model.id, [{ key: "q", value: "2" }]);
  await tracker.logOutputs(run.id, [{ modelId: model.id, step: 1 }]);
  const ready = await tracker.finalizeLoggedModel(model.id, "READY");
  assert.deepEqual([ready.status, ready.modelType, ready.tags], ["READY", "agent", []]);
  assert.deepEqual(ready.parameters, [{ key: "p", value: "1" }, { key: "q", value: "2" }]);
  await tracker.createRegisteredModel("reg é", { description: "d", tags: [{ key: "k", value: "v" }] });
  const version = await tracker.createModelVersion({
    name: "reg é",
    source: `models:/${model.id}`,
    runId: run.id,
    modelId: model.id,
    tags: [],
  });
  await tracker.setModelAlias("reg é", "best", version.version);
  assert.equal((await tracker.getModelVersionByAlias("reg é", "best")).version, "1");
  assert.deepEqual((await tracker.getRegisteredModel("reg é")).aliases, [{ alias: "best", version: "1" }]);
  assert.deepEqual((await tracker.getRun(run.id)).modelOutputs, [{ modelId: model.id, step: 1 }]);
};

const refuses: Check = async (tracker, _, server) => {
  const isCode = (code: string) => (error: unknown) => error instanceof TrackingError && error.code === code;
  await assert.rejects(tracker.getRun("0".repeat(32)), isCode("RESOURCE_DOES_NOT_EXIST"));
  await assert.rejects(tracker.createExperiment("rest"), isCode("RESOURCE_ALREADY_EXISTS"));
  assert.equal(await tracker.findExperiment("nope"), undefined);
  const { id } = await newRun(tracker, "refuses");
  await tracker.logBatch(id, { parameters: [{ key: "a", value: "1" }] });
  const again = tracker.logBatch(id, { parameters: [{ key: "a", value: "2" }] });
  await assert.rejects(again, isCode("INVALID_PARAMETER_VALUE"));
  const elsewhere = openRestTracker(`${server.uri}/not/here`, { clock: Date.now });
  await assert.rejects(
    elsewhere.listExperiments(),
    (error) => error instanceof SluiceError && error.failure.code === "TRACKER_REFUSED",
  );
};
