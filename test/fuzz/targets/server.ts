/** What steps ask of the run's own server and proxy, and what an MLflow server answers. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readAuthority } from "../../../src/sandbox/proxy_hosts.ts";
import { readRequest } from "../../../src/sandbox/proxy_request.ts";
import { answerRequest } from "../../../src/server/answer_request.ts";
import { parseFilter, parseOrder, type Searchable } from "../../../src/server/filter.ts";
import { requestSegments, requireSafeSegments } from "../../../src/server/request_path.ts";
import { newParameters } from "../../../src/server/same_parameter.ts";
import { openScope } from "../../../src/server/scope.ts";
import { below, localFolder } from "../../../src/tracker/artifact_location.ts";
import { openLocalArtifacts } from "../../../src/tracker/local_artifacts.ts";
import { openRestTracker } from "../../../src/tracker/rest_tracker.ts";
import { openSqliteTracker } from "../../../src/tracker/sqlite_tracker.ts";
import { anyTarget, ofText, ofWords, type Target } from "../target.ts";

/** Method, path and body, as often as there are calls; `$RUN` and the like stand for what there is. */
const calls: readonly (readonly string[])[] = [
  ["GET", "mlflow/runs/get?run_id=$RUN", ""],
  [
    "POST",
    "mlflow/runs/create",
    '{"experiment_id":"$EXPERIMENT","start_time":1,"tags":[{"key":"mlflow.runName","value":"r"}]}',
  ],
  ["POST", "mlflow/runs/update", '{"run_id":"$RUN","status":"FINISHED","end_time":"12","run_name":"n"}'],
  ["POST", "mlflow/runs/log-metric", '{"run_id":"$RUN","key":"loss","value":"NaN","timestamp":1,"step":3}'],
  ["POST", "mlflow/runs/log-parameter", '{"run_id":"$RUN","key":"alpha","value":"0.5"}'],
  [
    "POST",
    "mlflow/runs/set-tag",
    '{"run_id":"$RUN","key":"mlflow.log-model.history","value":"[]"}',
    "POST",
    "mlflow/runs/log-model",
    '{"run_id":"$RUN","model_json":"{\\"artifact_path\\":\\"m\\",\\"flavors\\":{}}"}',
  ],
  [
    "POST",
    "mlflow/runs/log-batch",
    '{"run_id":"$RUN","metrics":[{"key":"m","value":1e5,"timestamp":1,"step":0}],"params":[{"key":"p","value":"1"}],"tags":[{"key":"t","value":"v"}]}',
  ],
  [
    "POST",
    "mlflow/runs/log-inputs",
    '{"run_id":"$RUN","datasets":[{"tags":[],"dataset":{"name":"d","digest":"1","source_type":"s","source":"x"}}]}',
  ],
  ["POST", "mlflow/runs/outputs", '{"run_id":"$RUN","models":[{"model_id":"$MODEL","step":"2"}]}'],
  [
    "GET",
    "mlflow/metrics/get-history?run_id=$RUN&metric_key=loss&max_results=2&page_token=eyJvZmZzZXQiOjF9",
    "",
  ],
  [
    "POST",
    "mlflow/runs/search",
    '{"experiment_ids":["$EXPERIMENT"],"filter":"metrics.loss < 1 AND tags.`a` LIKE \'%x%\'","order_by":["metrics.loss DESC"]}',
  ],
  ["GET", "mlflow/experiments/get-by-name?experiment_name=fuzz", ""],
  [
    "POST",
    "mlflow/logged-models",
    '{"experiment_id":"$EXPERIMENT","name":"m","params":[{"key":"a","value":"b"}],"tags":[]}',
  ],
  ["PATCH", "mlflow/logged-models/$MODEL", '{"status":"LOGGED_MODEL_READY"}'],
  [
    "PATCH",
    "mlflow/logged-models/$MODEL/tags",
    '{"tags":[{"key":"mlflow.modelVersions","value":"[]"}]}',
    "POST",
    "mlflow/model-versions/create",
    '{"name":"wine","source":"models:/$MODEL","run_id":"$RUN"}',
  ],
  ["DELETE", "mlflow/logged-models/$MODEL/tags/a", ""],
  ["POST", "mlflow/registered-models/alias", '{"name":"wine","alias":"champion","version":"1"}'],
  ["GET", "mlflow/model-versions/search?filter=name%3D%27wine%27", ""],
  ["GET", "mlflow-artifacts/artifacts?path=$EXPERIMENT/$RUN/artifacts", ""],
  ["PUT", "mlflow-artifacts/artifacts/$EXPERIMENT/$RUN/artifacts/a/b.txt", "content"],
  ["GET", "mlflow-artifacts/artifacts/$EXPERIMENT/$RUN/artifacts/a/b.txt", ""],
];

const requests: Target<readonly string[]> = {
  name: "requests of a step",
  weight: 0.1,
  async open(folder) {
    const tracker = await openSqliteTracker(join(folder, "mlflow.db"), { create: true, clock: Date.now });
    const { id: experimentId } = await tracker.createExperiment("fuzz");
    const { id: runId } = await tracker.createRun({
      experimentId,
      name: "r",
      user: "u",
      startedAt: 1,
      tags: [],
    });
    const model = await tracker.createLoggedModel({
      experimentId,
      name: "m",
      sourceRunId: runId,
      tags: [],
      parameters: [],
    });
    await tracker.createRegisteredModel("wine");
    const known: Readonly<Record<string, string>> = {
      $RUN: runId,
      $EXPERIMENT: experimentId,
      $MODEL: model.id,
    };
    const filled = (text: string) => text.replaceAll(/\$(RUN|EXPERIMENT|MODEL)/g, (name) => known[name]!);
    let scope = openScope(tracker, runId);
    return {
      samples: calls,
      async run(words) {
        // Runs and models that were made are forgotten, or every search would read more of them.
        if (scope.runIds.size > 50) scope = openScope(tracker, runId);
        const desk = { tracker, scope, clock: Date.now, onMetric: () => {} };
        for (let at = 0; at < words.length && at < 30; at += 3) {
          const [method = "", path = "", body = ""] = words.slice(at, at + 3).map(filled);
          const request = requestOf(method, `http://127.0.0.1/token/api/2.0/${path}`, body);
          if (request === undefined) continue;
          const response = await answerRequest(request, new Map([["token", desk]]), (error) => {
            throw error;
          });
          const text = await response.text();
          assert.doesNotMatch(text, /\bat .*\.ts:\d+/);
        }
      },
      close: () => tracker.close(),
    };
  },
};

/** Undefined for what no client can send. */
function requestOf(method: string, url: string, body: string): Request | undefined {
  try {
    return new Request(url, { method, ...(["GET", "HEAD"].includes(method) ? {} : { body }) });
  } catch {
    return undefined;
  }
}

const item: Searchable = {
  attributes: { run_id: "r", start_time: 3, status: "FINISHED", name: "a".repeat(5000) },
  tags: { kind: "fold", long: "a".repeat(5000) },
  params: { alpha: "0.5" },
  metrics: { loss: 0.25 },
};

const answers = [
  '{"experiments":[{"experiment_id":"1","name":"a","artifact_location":"/x","lifecycle_stage":"active"}],"next_page_token":""}',
  '{"run":{"info":{"run_id":"r","experiment_id":"1","status":"RUNNING","start_time":"5","artifact_uri":"mlflow-artifacts:/1/r/artifacts"},"data":{"metrics":[{"key":"m","value":"NaN","timestamp":"1","step":2}],"params":[],"tags":[{"key":"k","value":"v"}]},"inputs":{"dataset_inputs":[],"model_inputs":[{"model_id":"m-1"}]}}}',
  '{"runs":[{"info":{"run_id":"r","experiment_id":"1"}}],"next_page_token":"t"}',
  '{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"No run"}',
  '{"files":[{"path":"a","is_dir":true},{"path":"b.txt","file_size":"3"}]}',
  '{"metrics":[{"key":"m","value":0.5,"timestamp":1,"step":0}],"next_page_token":"t"}',
];

/** The same answer to every call; the status is that of its first character. */
const server: Target<string> = {
  name: "answers of an MLflow server",
  weight: 0.3,
  open: () => {
    let answer = "";
    const tracker = openRestTracker("http://127.0.0.1:1", {
      clock: Date.now,
      fetch: () =>
        Promise.resolve(new Response(answer, { status: answer.startsWith('{"error') ? 404 : 200 })),
      sleep: () => Promise.resolve(),
    });
    const artifacts = "mlflow-artifacts:/1/r/artifacts";
    return {
      samples: answers,
      async run(text) {
        answer = text;
        const questions = [
          () => tracker.listExperiments(),
          () => tracker.findExperiment("a"),
          () => tracker.getRun("r"),
          () => tracker.searchRuns({ experimentIds: ["1"], limit: 3000 }),
          () => tracker.getMetricHistory("r", "m"),
          () => tracker.getLoggedModel("m-1"),
          () => tracker.getModelVersion("a", "1"),
          () => tracker.artifacts.list(artifacts, "a"),
          () => tracker.logBatch("r", { tags: [{ key: "k", value: "v" }] }),
        ];
        let refusal: unknown;
        for (const ask of questions) {
          await ask().catch((error: unknown) => refusal = wrongOf(error) ?? refusal);
        }
        if (refusal !== undefined) throw refusal;
      },
    };
  },
};

/** Of many refusals only one that should not be counts. */
const wrongOf = (error: unknown): unknown =>
  error instanceof Error && ["SluiceError", "TrackingError"].includes(error.name) ? undefined : error;

/** Nothing outside of the location is written or listed. */
const artifactPaths: Target<string> = {
  name: "path of an artifact",
  weight: 0.1,
  async open(folder) {
    const location = join(folder, "run/artifacts");
    await Deno.mkdir(location, { recursive: true });
    await Deno.writeTextFile(join(folder, "secret"), "s");
    const artifacts = openLocalArtifacts(folder);
    return {
      samples: ["a/b.txt", "a", "%2e%2e/secret", "a/../../../secret", "x%252fy"],
      async run(path) {
        await artifacts.write(location, path, new Blob(["x"]).stream());
        const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
        assert.deepEqual(names, ["run", "secret"]);
        assert.equal(Deno.readTextFileSync(join(folder, "secret")), "s");
        await new Response(await artifacts.read(location, path)).text();
        await artifacts.list(location, path);
      },
    };
  },
};

const proxyHeads = [
  "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\nProxy-Authorization: Basic eDp5",
  "GET http://user@example.com:8080/a?b=c#d HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nConnection: close",
  "POST http://[::1]/ HTTP/1.0\r\nContent-Length: 3",
];

/** What is sent on is one head, and says the host that was allowed. */
function readProxyRequest(head: string): void {
  const read = readRequest(head);
  if (read === undefined || read.is === "tunnel") return;
  assert.equal(read.head.split("\r\n\r\n").length, 2, "it is one head");
  const hosts = read.head.split("\r\n").filter((line) => /^host\s*:/i.test(line));
  assert.equal(hosts.length, 1, "it names one host");
}

export const serverTargets: readonly Target[] = [
  requests,
  server,
  artifactPaths,
  ofText(
    "path of a request",
    ["http://h/t/api/2.0/mlflow/runs/get?x=1", "http://h/%2e%2e/%252e", "*"],
    (url) => {
      requireSafeSegments(requestSegments(url));
    },
  ),
  ofText("filter", [
    "metrics.loss < 0.5 AND tags.kind = 'fold'",
    "tags.`long` LIKE '%a%a%b' and `a b` IN ('x', \"y\")",
  ], (text) => {
    parseFilter(text)(item);
  }),
  ofText("order", ["metrics.loss ASC", "attributes.`start_time` desc", 'tags."a b"'], (text) => {
    parseOrder([text])(item, { ...item, attributes: {} });
  }),
  ofWords(
    "parameters logged again",
    [["1.0", "1"], ["True", "true"], ["1e-07", "1e-7"]],
    ([one = "", other = ""]) => {
      newParameters([{ key: "a", value: one }], [{ key: "a", value: other }]);
    },
  ),
  ofText("request to the proxy", proxyHeads, readProxyRequest),
  ofText("host of the proxy", ["example.com:443", "[::1]:80", "::1", "127.1"], (text) => {
    const read = readAuthority(text);
    if (read !== undefined) assert.equal(readAuthority(read.host)?.host, read.host);
  }),
  ofText(
    "location of artifacts",
    ["/a/b", "file:///a%20b", "mlflow-artifacts:/1/r", "s3://b/c?d#e", "./x"],
    (text) => {
      localFolder(below(text, "a", "b"), "/base");
    },
  ),
  ofText("address of a server", ["http://user:p%40ss@host:5000/base?x#y", "https://[::1]"], (uri) => {
    openRestTracker(uri, { clock: Date.now }).close();
  }),
].map((target) => anyTarget(target as Target<never>));
