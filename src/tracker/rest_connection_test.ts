import assert from "node:assert/strict";
import { z } from "zod";
import { SluiceError } from "../core/error.ts";
import { TrackingError } from "../core/tracking.ts";
import { openRestConnection, type RestOptions } from "./rest_connection.ts";

type Answer = (request: Request, count: number) => Response | Promise<Response>;
const Anything = z.object({ ok: z.boolean() });

/** Asks a server that answers by `answer`; tells what came of it, and what the server saw. */
async function ask(answer: Answer, options: Partial<RestOptions> = {}, path = "runs/get", method = "GET") {
  const seen: { url: string; authorization: string | null }[] = [];
  const waits: number[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    seen.push({ url: request.url, authorization: request.headers.get("authorization") });
    return answer(request, seen.length);
  });
  const connection = openRestConnection(`http://127.0.0.1:${server.addr.port}/base/`, {
    clock: () => 0,
    sleep: (ms) => (waits.push(ms), Promise.resolve()),
    ...options,
  });
  const outcome = await connection.call(method as "GET", path, { a: "1 2", b: undefined }, Anything)
    .then((value) => ({ value }), (error) => ({ error }));
  connection.close();
  return { outcome, seen, waits };
}
const fine = () => Response.json({ ok: true });
const failure = (outcome: { error: unknown } | { value: unknown }) => {
  assert.ok("error" in outcome && outcome.error instanceof SluiceError, Deno.inspect(outcome));
  return outcome.error.failure;
};

Deno.test("a call keeps the path of the server's address and sends a GET's fields as its query", async () => {
  const { outcome, seen } = await ask(fine);
  assert.deepEqual(outcome, { value: { ok: true } });
  assert.equal(new URL(seen[0]!.url).pathname, "/base/api/2.0/mlflow/runs/get");
  assert.equal(new URL(seen[0]!.url).search, "?a=1+2");
});

for (
  const [name, variables, expected] of [
    ["nothing", {}, null],
    ["a token", { MLFLOW_TRACKING_TOKEN: "t" }, "Bearer t"],
    [
      "a user and a password",
      { MLFLOW_TRACKING_USERNAME: "ü", MLFLOW_TRACKING_PASSWORD: "p" },
      "Basic w7w6cA==",
    ],
    ["a user alone", { MLFLOW_TRACKING_USERNAME: "u", MLFLOW_TRACKING_TOKEN: "t" }, "Bearer t"],
    [
      "all of them",
      { MLFLOW_TRACKING_USERNAME: "u", MLFLOW_TRACKING_PASSWORD: "p", MLFLOW_TRACKING_TOKEN: "t" },
      "Basic dTpw",
    ],
  ] as const
) {
  Deno.test(`credentials are ${expected} when ${name} is set`, async () => {
    const { seen } = await ask(fine, { variables });
    assert.equal(seen[0]!.authorization, expected);
  });
}

Deno.test("a user and a password in the address are sent, and not kept in the tracker's uri", () => {
  const connection = openRestConnection("http://u:p@127.0.0.1:1/x/", {
    clock: () => 0,
    fetch: (_, init) => {
      assert.equal(new Headers(init?.headers).get("authorization"), "Basic dTpw");
      return Promise.resolve(fine());
    },
  });
  assert.equal(connection.uri, "http://127.0.0.1:1/x");
  return connection.call("GET", "x", {}, Anything).then(() => {});
});

for (
  const [name, answer, waits, seen] of [
    ["429 twice", (_, count) => count < 3 ? new Response(null, { status: 429 }) : fine(), [250, 1000], 3],
    ["503 always", () => new Response("busy", { status: 503 }), [250, 1000, 4000], 4],
    [
      "429 with a wait",
      (_, count) => count < 2 ? new Response(null, { status: 429, headers: { "retry-after": "3" } }) : fine(),
      [3000],
      2,
    ],
    ["500", () => new Response(null, { status: 500 }), [], 1],
  ] satisfies readonly (readonly [string, Answer, readonly number[], number])[]
) {
  Deno.test(`a server that answers ${name} is asked ${seen} times`, async () => {
    const result = await ask(answer);
    assert.deepEqual([result.waits, result.seen.length], [waits, seen]);
  });
}

for (
  const [name, answer, code, text] of [
    ["a page", () => new Response("<html>hello"), "TRACKER_REFUSED", /not answered as MLflow answers it/],
    ["other JSON", () => Response.json({ hello: 1 }), "TRACKER_REFUSED", /not answered as MLflow answers it/],
    ["404 and a page", () => new Response("<html>", { status: 404 }), "TRACKER_REFUSED", /with status 404/],
    [
      "a redirection",
      () => Response.redirect("http://127.0.0.1:1/login"),
      "TRACKER_REFUSED",
      /with status 302/,
    ],
    ["401", () => new Response("Who?", { status: 401 }), "TRACKER_REFUSED", /wants other credentials/],
    [
      "an error that sluice does not know",
      () => Response.json({ error_code: "DATA_LOSS", message: "gone" }, { status: 500 }),
      "TRACKER_REFUSED",
      /with status 500/,
    ],
  ] satisfies readonly (readonly [string, Answer, string, RegExp])[]
) {
  Deno.test(`a server that answers ${name} is refused with ${code}`, async () => {
    const refused = failure((await ask(answer)).outcome);
    assert.equal(refused.code, code);
    assert.match(refused.message, text);
    assert.ok(refused.hint);
  });
}

Deno.test("MLflow's own refusal keeps its code and message", async () => {
  const body = { error_code: "RESOURCE_DOES_NOT_EXIST", message: "Run with id=x not found" };
  const { outcome } = await ask(() => Response.json(body, { status: 404 }));
  assert.ok("error" in outcome && outcome.error instanceof TrackingError);
  assert.deepEqual([outcome.error.code, outcome.error.message], [body.error_code, body.message]);
});

for (const [path, times] of [["runs/log-batch", 3], ["runs/create", 1], ["logged-models", 1]] as const) {
  Deno.test(`a lost ${path} is sent ${times === 1 ? "once, as it may have made a thing" : "again"}`, async () => {
    let count = 0;
    const lose = () => (count++, Promise.reject(new TypeError("connection refused")));
    const { outcome } = await ask(fine, { fetch: lose }, path, "POST");
    assert.equal(failure(outcome).code, "TRACKER_UNREACHABLE");
    assert.equal(count, times);
  });
}

Deno.test("an address where nobody listens is named with what to do", async () => {
  const connection = openRestConnection("http://127.0.0.1:1", {
    clock: () => 0,
    sleep: () => Promise.resolve(),
  });
  const { code, message, hint } = failure(
    await connection.call("GET", "x", {}, Anything).then((value) => ({ value }), (error) => ({ error })),
  );
  assert.equal(code, "TRACKER_UNREACHABLE");
  assert.equal(message, "Cannot log to `http://127.0.0.1:1` as no MLflow server answers there");
  assert.match(hint ?? "", /mlflow server/);
});

Deno.test("a server that shows a certificate of its own is named with what to do", async () => {
  const connection = openRestConnection("https://127.0.0.1:1", {
    clock: () => 0,
    sleep: () => Promise.resolve(),
    fetch: () => Promise.reject(new TypeError("invalid peer certificate: UnknownIssuer")),
  });
  const { hint } = failure(
    await connection.call("GET", "x", {}, Anything).then((value) => ({ value }), (error) => ({ error })),
  );
  assert.match(hint ?? "", /MLFLOW_TRACKING_SERVER_CERT_PATH/);
});

Deno.test("a file of certificates that cannot be read is named", () => {
  const variables = { MLFLOW_TRACKING_SERVER_CERT_PATH: "/nowhere/ca.pem" };
  assert.throws(
    () => openRestConnection("https://127.0.0.1:1", { clock: () => 0, variables }),
    (error) => error instanceof SluiceError && error.failure.message.includes("/nowhere/ca.pem"),
  );
});
