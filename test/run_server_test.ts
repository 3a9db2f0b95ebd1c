/** What the run's own server does with a step's calls. The calls of real clients are in `real/run_server_test.ts`. */
import assert from "node:assert/strict";
import { ask, openServerFixture, type ServerFixture, type StepFixture } from "./run_server_fixture.ts";

/** A call about a run or a model, and whether it changes something. */
type Call = readonly [name: string, method: string, path: string, body?: unknown];
const callsAbout = ({ run, model, version }: StepFixture): readonly Call[] => {
  const run_id = run.id, model_id = model.id;
  const files = `mlflow-artifacts/artifacts/${run.experimentId}`;
  return [
    ["reading a run", "GET", `mlflow/runs/get?run_id=${run_id}`],
    ["reading a run by its older name", "GET", `mlflow/runs/get?run_uuid=${run_id}`],
    ["a new name", "POST", "mlflow/runs/update", { run_id, run_name: "x" }],
    ["a status", "POST", "mlflow/runs/update", { run_id, status: "FINISHED", end_time: 5 }],
    ["a metric", "POST", "mlflow/runs/log-metric", { run_id, key: "a", value: 1, timestamp: 1 }],
    ["a parameter", "POST", "mlflow/runs/log-parameter", { run_id, key: "a", value: "1" }],
    ["a tag", "POST", "mlflow/runs/set-tag", { run_id, key: "a", value: "1" }],
    ["a tag's end", "POST", "mlflow/runs/delete-tag", { run_id, key: "a" }],
    ["a batch", "POST", "mlflow/runs/log-batch", {
      run_id,
      metrics: [{ key: "b", value: "NaN", timestamp: 1 }],
    }],
    ["an input", "POST", "mlflow/runs/log-inputs", { run_id, models: [{ model_id }] }],
    ["an output", "POST", "mlflow/runs/outputs", { run_id, models: [{ model_id, step: 0 }] }],
    ["a model of old", "POST", "mlflow/runs/log-model", {
      run_id,
      model_json: JSON.stringify({ artifact_path: "m", flavors: {} }),
    }],
    ["a history", "GET", `mlflow/metrics/get-history?run_id=${run_id}&metric_key=a`],
    ["a list of artifacts", "GET", `mlflow/artifacts/list?run_id=${run_id}`],
    ["a new model", "POST", "mlflow/logged-models", {
      experiment_id: run.experimentId,
      source_run_id: run_id,
    }],
    ["reading a model", "GET", `mlflow/logged-models/${model_id}`],
    ["finishing a model", "PATCH", `mlflow/logged-models/${model_id}`, { status: "LOGGED_MODEL_READY" }],
    ["a model's tags", "PATCH", `mlflow/logged-models/${model_id}/tags`, {
      tags: [{ key: "a", value: "b" }],
    }],
    ["a model's tag's end", "DELETE", `mlflow/logged-models/${model_id}/tags/a`],
    ["a model's parameters", "POST", `mlflow/logged-models/${model_id}/params`, {
      params: [{ key: "a", value: "b" }],
    }],
    ["reading a version", "GET", `mlflow/model-versions/get?name=${version.name}&version=1`],
    ["a version's address", "GET", `mlflow/model-versions/get-download-uri?name=${version.name}&version=1`],
    ["a version's alias", "POST", "mlflow/registered-models/alias", {
      name: version.name,
      alias: "best",
      version: "1",
    }],
    ["reading by alias", "GET", `mlflow/registered-models/alias?name=${version.name}&alias=best`],
    ["a version of a run", "POST", "mlflow/model-versions/create", {
      name: "own",
      run_id,
      source: `mlflow-artifacts:/${run.experimentId}/${run_id}/artifacts/model`,
    }],
    ["a version of a model", "POST", "mlflow/model-versions/create", {
      name: "own",
      source: `models:/${model_id}`,
    }],
    ["writing a file of a run", "PUT", `${files}/${run_id}/artifacts/a/x.txt`, "text"],
    ["reading a file of a run", "GET", `${files}/${run_id}/artifacts/a/x.txt`],
    [
      "listing files of a run",
      "GET",
      `mlflow-artifacts/artifacts?path=${run.experimentId}/${run_id}/artifacts`,
    ],
    ["writing a file of a model", "PUT", `${files}/models/${model_id}/artifacts/x.txt`, "text"],
    ["reading a file of a model", "GET", `${files}/models/${model_id}/artifacts/x.txt`],
    [
      "listing files of a model",
      "GET",
      `mlflow-artifacts/artifacts?path=${run.experimentId}/models/${model_id}/artifacts`,
    ],
  ];
};

Deno.test("a step may do to its own run and models what it may not to another's", async (test) => {
  await using fixture = await openServerFixture();
  await fixture.tracker.setModelAlias("other", "best", "1");
  await fixture.tracker.artifacts.write(fixture.other.run.artifactUri, "a/x.txt", new Blob(["a"]).stream());
  const before = await stateOf(fixture, fixture.other);
  for (const [name, method, path, body] of callsAbout(fixture.own)) {
    await test.step(`${name}: its own`, async () => {
      const reply = await fixture.ask(method, path, body);
      assert.equal(reply.status, 200, JSON.stringify(reply.body));
    });
  }
  for (const [name, method, path, body] of callsAbout(fixture.other)) {
    await test.step(`${name}: another's`, async () => {
      const reply = await fixture.ask(method, path, body);
      assert.equal(reply.status, 403, JSON.stringify(reply.body));
      assert.equal(reply.body.error_code, "PERMISSION_DENIED");
    });
  }
  assert.deepEqual(await stateOf(fixture, fixture.other), before);
  assert.deepEqual(fixture.bugs, []);
});

const stateOf = async ({ tracker }: ServerFixture, { run, model, version }: StepFixture) => [
  await tracker.getRun(run.id),
  await tracker.getLoggedModel(model.id),
  await tracker.getRegisteredModel(version.name),
  await tracker.artifacts.list(run.artifactUri, "a"),
];

Deno.test("a model that is an input of the step's run may be read, and not written", async () => {
  await using fixture = await openServerFixture();
  const { own, other, tracker } = fixture;
  await tracker.logInputs(own.run.id, [], [{ modelId: other.model.id }]);
  assert.equal((await fixture.ask("GET", `mlflow/logged-models/${other.model.id}`)).status, 200);
  const body = { tags: [{ key: "a", value: "b" }] };
  assert.equal((await fixture.ask("PATCH", `mlflow/logged-models/${other.model.id}/tags`, body)).status, 403);
});

Deno.test("whatever name a step asks for, its experiment is that of its run", async () => {
  await using fixture = await openServerFixture();
  const { ask, experimentId } = fixture;
  for (
    const path of [
      "get-by-name?experiment_name=else",
      `get?experiment_id=${experimentId}`,
      "get?experiment_id=0",
    ]
  ) {
    const { body } = await ask("GET", `mlflow/experiments/${path}`);
    assert.equal(body.experiment.experiment_id, experimentId);
    assert.equal(body.experiment.artifact_location, `mlflow-artifacts:/${experimentId}`);
  }
  assert.deepEqual((await ask("POST", "mlflow/experiments/create", { name: "else" })).body, {
    experiment_id: experimentId,
  });
  assert.equal(
    (await ask("GET", "mlflow/experiments/get?experiment_id=77")).body.error_code,
    "PERMISSION_DENIED",
  );
  assert.equal((await fixture.tracker.listExperiments()).some(({ name }) => name === "else"), false);
});

Deno.test("a run made by a step stands below the step's run, is the step's own and ends with it", async () => {
  await using fixture = await openServerFixture();
  const { own, other, tracker } = fixture;
  const create = async (tags: readonly { key: string; value: string }[]) =>
    (await fixture.ask("POST", "mlflow/runs/create", { experiment_id: "0", run_name: "child", tags })).body
      .run;
  const parentOf = (run: { data: { tags: { key: string; value: string }[] } }) =>
    run.data.tags.find(({ key }) => key === "mlflow.parentRunId")?.value;
  const child = await create([]);
  assert.equal(parentOf(child), own.run.id);
  assert.equal(parentOf(await create([{ key: "mlflow.parentRunId", value: other.run.id }])), own.run.id);
  assert.equal(
    parentOf(await create([{ key: "mlflow.parentRunId", value: child.info.run_id }])),
    child.info.run_id,
  );
  const ended = { run_id: child.info.run_id, status: "FINISHED", end_time: 9 };
  assert.equal((await fixture.ask("POST", "mlflow/runs/update", ended)).body.run_info.status, "FINISHED");

  const found = (await fixture.ask("POST", "mlflow/runs/search", { filter: "run_name = 'child'" })).body.runs;
  assert.equal(found.length, 3);
  assert.equal(
    (await ask(other.session.uri, "GET", `mlflow/runs/get?run_id=${child.info.run_id}`)).status,
    403,
  );

  own.session.close();
  await fixture.closeServer();
  const statuses = await Promise.all(
    found.map(async (run: { info: { run_id: string } }) =>
      (await tracker.getRun(run.info.run_id)).info.status
    ),
  );
  assert.deepEqual(statuses.sort(), ["FINISHED", "KILLED", "KILLED"]);
});

Deno.test("the status of a step's own run is not for its code to set", async () => {
  await using fixture = await openServerFixture();
  const { run } = fixture.own;
  const body = { run_id: run.id, status: "FINISHED", end_time: 7, run_name: "better" };
  const { run_info } = (await fixture.ask("POST", "mlflow/runs/update", body)).body;
  assert.deepEqual([run_info.status, run_info.end_time, run_info.run_name], ["FINISHED", 7, "better"]);
  const { info } = await fixture.tracker.getRun(run.id);
  assert.deepEqual([info.status, info.endedAt, info.name], ["RUNNING", undefined, "better"]);
});

Deno.test("tags that sluice keeps are not for a step to change", async () => {
  await using fixture = await openServerFixture();
  const run_id = fixture.own.run.id;
  for (const key of ["sluice.key", "mlflow.parentRunId"]) {
    const bodies = {
      "set-tag": { run_id, key, value: "x" },
      "delete-tag": { run_id, key },
      "log-batch": { run_id, tags: [{ key: "fine", value: "x" }, { key, value: "x" }] },
    };
    for (const [call, body] of Object.entries(bodies)) {
      assert.equal(
        (await fixture.ask("POST", `mlflow/runs/${call}`, body)).body.error_code,
        "PERMISSION_DENIED",
      );
    }
  }
  const { tags } = await fixture.tracker.getRun(run_id);
  assert.equal(tags.some(({ key }) => key === "fine"), false);
});

Deno.test("each point of the step's own run is told once, when the tracker has it", async () => {
  await using fixture = await openServerFixture();
  const { own, points } = fixture;
  const child = (await fixture.ask("POST", "mlflow/runs/create", {})).body.run.info.run_id;
  const point = { key: "loss", value: "NaN", timestamp: 1, step: 3 };
  const metrics = [point, { ...point, model_id: own.model.id }, { key: "acc", value: 0.5, timestamp: "2" }];
  await fixture.ask("POST", "mlflow/runs/log-batch", { run_id: own.run.id, metrics });
  await fixture.ask("POST", "mlflow/runs/log-metric", { run_id: child, ...point });
  await fixture.ask("POST", "mlflow/runs/log-metric", { run_id: own.run.id, ...point, key: "" });
  assert.deepEqual(points, [[own.run.id, "loss", NaN, 3], [own.run.id, "acc", 0.5, 0]]);
});

Deno.test("another run's versions and aliases are left out of a registered model", async () => {
  await using fixture = await openServerFixture();
  await fixture.tracker.setModelAlias("other", "best", "1");
  const seen = (await fixture.ask("GET", "mlflow/registered-models/get?name=other")).body.registered_model;
  assert.deepEqual([seen.name, seen.latest_versions, seen.aliases], ["other", [], []]);
  const latest = await fixture.ask("POST", "mlflow/registered-models/get-latest-versions", { name: "other" });
  assert.deepEqual(latest.body, { model_versions: [] });
});

Deno.test("a version's source is stored as the tracker names it and shown as its client can follow it", async () => {
  await using fixture = await openServerFixture();
  const { run } = fixture.own;
  const source = `mlflow-artifacts:/${run.experimentId}/${run.id}/artifacts/some/model`;
  const body = { name: "own", run_id: run.id, source };
  const { model_version } = (await fixture.ask("POST", "mlflow/model-versions/create", body)).body;
  assert.equal(model_version.source, source);
  const stored = await fixture.tracker.getModelVersion("own", model_version.version);
  assert.equal(stored.source, `${run.artifactUri}/some/model`);
});

Deno.test("a session that is closed answers nobody, and the others go on", async () => {
  await using fixture = await openServerFixture();
  const { own, other } = fixture;
  own.session.close();
  const path = (step: StepFixture) => `mlflow/runs/get?run_id=${step.run.id}`;
  const refused = await ask(own.session.uri, "GET", path(own));
  assert.deepEqual([refused.status, refused.body.error_code], [401, "UNAUTHENTICATED"]);
  assert.equal((await ask(other.session.uri, "GET", path(other))).status, 200);
  assert.notEqual(own.session.uri, other.session.uri);
  assert.match(own.session.uri, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}$/);
});
