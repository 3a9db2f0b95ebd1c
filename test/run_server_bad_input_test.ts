/** The run's own server answers whatever is sent: with MLflow's error shape, no stack, and at once. */
import assert from "node:assert/strict";
import { ask, openServerFixture, type Reply, type ServerFixture } from "./run_server_fixture.ts";

const metric = { key: "a", value: 1, timestamp: 1 };

/** Every refusal has MLflow's shape. */
function assertRefused(reply: Reply, status: number, code: string): void {
  assert.equal(reply.status, status, JSON.stringify(reply.body));
  assert.deepEqual(Object.keys(reply.body), ["error_code", "message"]);
  assert.equal(reply.body.error_code, code);
  assert.doesNotMatch(reply.body.message, /\bat .*\.ts|Error:|node_modules/);
}

Deno.test("bodies that are not what MLflow's calls want are refused", async (test) => {
  await using fixture = await openServerFixture();
  const run_id = fixture.own.run.id;
  for (
    const [name, body] of [
      ["broken JSON", "{bad"],
      ["a list", "[]"],
      ["a text", '"x"'],
      ["null", "null"],
      ["nothing", ""],
      ["bytes that are no text", "\uffff\u0000"],
      ["no run", metric],
      ["an empty run", { ...metric, run_id: "" }],
      ["a run that is a number", { ...metric, run_id: 5 }],
      ["no key", { run_id, value: 1, timestamp: 1 }],
      ["a key that is an object", { ...metric, run_id, key: {} }],
      ["a value that is text", { ...metric, run_id, value: "abc" }],
      ["no value", { run_id, key: "a", timestamp: 1 }],
      ["no timestamp", { run_id, key: "a", value: 1 }],
      ["a timestamp with a fraction", { ...metric, run_id, timestamp: 1.5 }],
      ["a step beyond every exact number", { ...metric, run_id, step: "99999999999999999999" }],
      ["a step that is a list", { ...metric, run_id, step: [] }],
      ["a model that is a number", { ...metric, run_id, model_id: 7 }],
    ] as const
  ) {
    await test.step(name, async () => {
      const reply = await fixture.ask("POST", "mlflow/runs/log-metric", body);
      assertRefused(reply, 400, "INVALID_PARAMETER_VALUE");
    });
  }
  for (
    const [name, call, body] of [
      ["tags that are no list", "log-batch", { run_id, tags: {} }],
      ["a status that is none", "update", { run_id, status: "DONE" }],
      ["a dataset without a digest", "log-inputs", { run_id, datasets: [{ dataset: { name: "a" } }] }],
      ["a model of old that is no JSON", "log-model", { run_id, model_json: "{" }],
      ["a filter that is none", "search", { filter: "a OR b" }],
      ["an order that is none", "search", { order_by: ["a b c"] }],
    ] as const
  ) {
    await test.step(name, async () => {
      assertRefused(await fixture.ask("POST", `mlflow/runs/${call}`, body), 400, "INVALID_PARAMETER_VALUE");
    });
  }
  assert.deepEqual((await fixture.tracker.getRun(run_id)).metrics, []);
  assert.deepEqual(fixture.bugs, []);
});

Deno.test("fields that MLflow does not know are ignored, as MLflow does", async () => {
  await using fixture = await openServerFixture();
  const body = { ...metric, run_id: fixture.own.run.id, unknown: { deep: [1] }, __proto__: { key: "b" } };
  assert.deepEqual(await fixture.ask("POST", "mlflow/runs/log-metric", body), { status: 200, body: {} });
  const [logged] = (await fixture.tracker.getRun(fixture.own.run.id)).metrics;
  assert.deepEqual([logged?.key, logged?.value], ["a", 1]);
});

Deno.test("calls that the server does not have are refused by path and by method", async (test) => {
  await using fixture = await openServerFixture();
  for (
    const [method, path, status, code] of [
      ["GET", "mlflow/nope", 404, "ENDPOINT_NOT_FOUND"],
      ["POST", "mlflow/runs/delete", 404, "ENDPOINT_NOT_FOUND"],
      ["GET", "mlflow", 404, "ENDPOINT_NOT_FOUND"],
      ["GET", "", 404, "ENDPOINT_NOT_FOUND"],
      ["GET", "mlflow-artifacts/nope", 404, "ENDPOINT_NOT_FOUND"],
      ["GET", "mlflow/runs/log-metric", 405, "BAD_REQUEST"],
      ["DELETE", "mlflow/runs/get", 405, "BAD_REQUEST"],
      ["DELETE", "mlflow-artifacts/artifacts/x", 405, "BAD_REQUEST"],
      ["POST", "mlflow-artifacts/mpu/create/1/x", 501, "NOT_IMPLEMENTED"],
      ["GET", "mlflow-artifacts/presigned/1/x", 501, "NOT_IMPLEMENTED"],
    ] as const
  ) {
    await test.step(`${method} ${path}`, async () => {
      assertRefused(await fixture.ask(method, path), status, code);
    });
  }
  const { port } = new URL(fixture.own.session.uri);
  for (const token of ["", "/x", `/${"a".repeat(32)}`]) {
    await test.step(`the token "${token}"`, async () => {
      const reply = await ask(`http://127.0.0.1:${port}${token}`, "GET", "mlflow/runs/get");
      assertRefused(reply, 401, "UNAUTHENTICATED");
    });
  }
});

Deno.test("a body that is too large is refused after it was sent, and the server goes on", async () => {
  await using fixture = await openServerFixture();
  const run_id = fixture.own.run.id;
  const body = { ...metric, run_id, key: "x".repeat(50 * 1024 * 1024) };
  assertRefused(await fixture.ask("POST", "mlflow/runs/log-metric", body), 413, "BAD_REQUEST");
  assert.equal((await fixture.ask("POST", "mlflow/runs/log-metric", { ...metric, run_id })).status, 200);
});

Deno.test("artifact paths that lead elsewhere are refused however they are written", async (test) => {
  await using fixture = await openServerFixture();
  const { run } = fixture.own;
  const root = `${run.experimentId}/${run.id}/artifacts`;
  for (
    const path of [
      `${root}/../../x`,
      `${root}/%2e%2e/x`,
      `${root}/%2E%2E%2Fx`,
      `${root}/%252e%252e/x`,
      `${root}/%25252e%25252e/x`,
      `${root}/a/..%5cx`,
      `${root}/a%5c..%5cx`,
      `${root}/./x`,
      `${root}/%00`,
      `${root}/a%0ab`,
      `${root}/%ff`,
      `${root}`,
      `${run.experimentId}/${run.id}`,
      `../${root}/x`,
      `%2e%2e/${run.id}/artifacts/x`,
      "x",
    ]
  ) {
    for (const method of ["PUT", "GET"]) {
      await test.step(`${method} ${path.replace(root, "…")}`, async () => {
        const reply = await askRaw(fixture, method, `mlflow-artifacts/artifacts/${path}`);
        assertRefused(reply, 400, "INVALID_PARAMETER_VALUE");
      });
    }
  }
  for (const path of ["../..", `${root}/..`, `${root}/%252e%252e`, "/etc", "x"]) {
    await test.step(`listing ${path.replace(root, "…")}`, async () => {
      const query = new URLSearchParams({ path });
      const reply = await fixture.ask("GET", `mlflow-artifacts/artifacts?${query}`);
      assertRefused(reply, 400, "INVALID_PARAMETER_VALUE");
    });
  }
  assertRefused(
    await fixture.ask("GET", `mlflow/artifacts/list?run_id=${run.id}&path=../..`),
    400,
    "INVALID_PARAMETER_VALUE",
  );
  const source = `mlflow-artifacts:/${root}/../../other`;
  assertRefused(
    await fixture.ask("POST", "mlflow/model-versions/create", { name: "own", source }),
    400,
    "INVALID_PARAMETER_VALUE",
  );
  for (const outside of ["/etc", "file:///etc", "s3://bucket/x", "models:/own/1"]) {
    assertRefused(
      await fixture.ask("POST", "mlflow/model-versions/create", { name: "own", source: outside }),
      400,
      "INVALID_PARAMETER_VALUE",
    );
  }
  assert.deepEqual(await fixture.tracker.artifacts.list(run.artifactUri, ""), []);
});

Deno.test("what is not there is said to be missing", async (test) => {
  await using fixture = await openServerFixture();
  const { run } = fixture.own;
  for (
    const path of [
      `mlflow-artifacts/artifacts/${run.experimentId}/${run.id}/artifacts/nope.txt`,
      `mlflow/logged-models/m-${"0".repeat(32)}`,
      "mlflow/registered-models/get?name=nope",
      "mlflow/model-versions/get?name=own&version=99",
      "mlflow/registered-models/alias?name=own&alias=nope",
    ]
  ) {
    await test.step(path.replace(run.id, "…"), async () => {
      const reply = await fixture.ask("GET", path);
      assert.ok(
        reply.status === 404 || reply.body.error_code === "INVALID_PARAMETER_VALUE",
        JSON.stringify(reply),
      );
      assertRefused(reply, reply.status, reply.body.error_code);
    });
  }
});

Deno.test("a file whose upload breaks off is not there", async () => {
  await using fixture = await openServerFixture();
  const { run, session } = fixture.own;
  const path = `${
    new URL(session.uri).pathname
  }/api/2.0/mlflow-artifacts/artifacts/${run.experimentId}/${run.id}`;
  const connection = await connect(fixture);
  const head = `PUT ${path}/artifacts/big.bin HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head + "x".repeat(1000)));
  await new Promise((resolve) => setTimeout(resolve, 50));
  connection.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(await fixture.tracker.artifacts.list(run.artifactUri, ""), []);
  assert.equal((await fixture.ask("GET", `mlflow/runs/get?run_id=${run.id}`)).status, 200);
  assert.deepEqual(fixture.bugs, []);
});

function connect({ own }: ServerFixture): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(own.session.uri).port) });
}

/** A call whose path no client has tidied. */
async function askRaw(fixture: ServerFixture, method: string, path: string): Promise<Reply> {
  const connection = await connect(fixture);
  const target = `${new URL(fixture.own.session.uri).pathname}/api/2.0/${path}`;
  const head = `${method} ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx`;
  await connection.write(new TextEncoder().encode(head));
  const text = await new Response(connection.readable).text();
  const [top = "", body = ""] = text.split("\r\n\r\n", 2);
  return { status: Number(top.split(" ")[1]), body: JSON.parse(body) };
}

Deno.test("tags that MLflow keeps lists in, and that hold something else, are told of and left as they are", async () => {
  await using fixture = await openServerFixture();
  const { run, model } = fixture.own;
  const run_id = run.id;
  const call = (method: string, path: string, body: unknown) => fixture.ask(method, `mlflow/${path}`, body);
  for (const value of ["{", "null", '[{"version": 1}]', "[1]"]) {
    await call("POST", "runs/set-tag", {
      run_id,
      key: "mlflow.log-model.history",
      value: value.replace("[", "{"),
    });
    await call("PATCH", `logged-models/${model.id}/tags`, { tags: [{ key: "mlflow.modelVersions", value }] });
    const logged = await call("POST", "runs/log-model", {
      run_id,
      model_json: '{"artifact_path":"m","flavors":{}}',
    });
    const source = `models:/${model.id}`;
    const registered = await call("POST", "model-versions/create", { name: "own", source, run_id });
    for (const { status, body } of [logged, registered]) {
      assert.equal(status, 400, JSON.stringify(body));
      assert.match(body.message, /holds no list/);
    }
  }
  assert.deepEqual(fixture.bugs, []);
});
