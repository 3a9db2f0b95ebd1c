/** Steps in a real bubblewrap with no network: what unmodified clients reach, and what they do not. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ProcessExit } from "../../src/core/ports/engine.ts";
import type { RunServerSession } from "../../src/core/ports/run_server.ts";
import type { Hold, ReachableServer, Sandbox } from "../../src/core/ports/sandbox.ts";
import type { Tracker } from "../../src/core/ports/tracker.ts";
import type { RunInfo } from "../../src/core/tracking.ts";
import { localEngine } from "../../src/engines/local_engine.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { openRunServer } from "../../src/server/run_server.ts";
import { openSqliteTracker } from "../../src/tracker/sqlite_tracker.ts";
import { realTest } from "../real_part.ts";
import { mlflowPython } from "./mlflow.ts";

const training = `
import mlflow, os, pandas, socket, sys, time
from sklearn.linear_model import LogisticRegression
data = pandas.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": [0, 1, 0, 1]})
client = mlflow.MlflowClient()
with mlflow.start_run() as run:
    mlflow.log_metric("begun", 1)
    # Goes on when the test has seen that, and has said so.
    while client.get_run(run.info.run_id).data.tags.get("seen") != "yes":
        time.sleep(0.05)
    mlflow.log_params({"alpha": 0.5, "depth": 3})
    mlflow.log_metrics({"loss": 0.25, "accuracy": 0.75})
    os.makedirs("files/below")
    for name in "files/one", "files/below/two":
        open(name, "w").write(name)
    mlflow.log_artifacts("files")
    mlflow.autolog(log_datasets=False)
    model = LogisticRegression().fit(data[["x"]], data["y"])
    mlflow.autolog(disable=True)
    mlflow.sklearn.log_model(model, name="classifier")
    print("read back", open(mlflow.artifacts.download_artifacts("runs:/" + run.info.run_id + "/below/two")).read())
for name, attempt in {
    "log_metric": lambda: client.log_metric(os.environ["OTHER_RUN"], "a", 1),
    "log_artifact": lambda: client.log_artifact(os.environ["OTHER_RUN"], "files/one"),
    "get_run": lambda: client.get_run(os.environ["OTHER_RUN"]),
}.items():
    try:
        attempt()
        print("allowed", name)
    except mlflow.exceptions.MlflowException as error:
        print("refused", name, "PERMISSION_DENIED" in str(error))
try:
    socket.create_connection(("127.0.0.1", int(os.environ["HOST_PORT"])), timeout=2)
    print("a server of the machine answers")
except OSError:
    print("no server of the machine")
`;

realTest(
  ["mlflow", "bubblewrap"],
  "unmodified MLflow code logs live from a closed step into its own run, and into no other",
  async () => {
    await using place = await openPlace();
    await using machine = openOrigin();
    const { tracker, run, other, session } = place;
    const ended = place.start([await mlflowPython(), "-c", training], {
      OTHER_RUN: other.id,
      HOST_PORT: String(machine.port),
    });
    await until(() => place.points.some(([id, key]) => id === run.id && key === "begun"), ended);
    assert.equal((await tracker.getRun(run.id)).info.status, "RUNNING");
    await tracker.logBatch(run.id, { tags: [{ key: "seen", value: "yes" }] });
    const { exit, output } = await ended;
    assert.deepEqual(exit, { is: "exited", code: 0 }, output);
    for (
      const line of [
        "read back files/below/two",
        "refused log_metric True",
        "refused log_artifact True",
        "refused get_run True",
        "no server of the machine",
      ]
    ) assert.match(output, new RegExp(`^${line}$`, "m"));

    const logged = await tracker.getRun(run.id);
    const parameters = new Map(logged.parameters.map(({ key, value }) => [key, value]));
    assert.deepEqual([parameters.get("alpha"), parameters.get("depth"), parameters.get("solver")], [
      "0.5",
      "3",
      "lbfgs",
    ]);
    const metrics = new Map(logged.metrics.map(({ key, value }) => [key, value]));
    assert.deepEqual([metrics.get("loss"), metrics.get("accuracy")], [0.25, 0.75]);
    assert.ok(metrics.has("training_score"));
    const artifacts = await tracker.artifacts.list(run.artifactUri, "");
    assert.ok(["below", "one"].every((path) => artifacts.some((artifact) => artifact.path === path)));
    assert.ok(logged.modelOutputs.length >= 1, "no model");
    assert.deepEqual((await tracker.getRun(other.id)).metrics, []);
    assert.deepEqual(place.bugs, []);
    session.close();
  },
);

const many = `
import concurrent.futures, http.client, os, sys, urllib.parse
at = urllib.parse.urlparse(os.environ["MLFLOW_TRACKING_URI"])
body = os.urandom(200_000)
def work(number):
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
    for round in range(4):
        path = f"{at.path}/api/2.0/mlflow-artifacts/artifacts/{os.environ['ARTIFACTS']}/{number}-{round}"
        connection.request("PUT", path, body + bytes([number, round]))
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
        connection.request("GET", path)
        assert connection.getresponse().read() == body + bytes([number, round])
    return connection
with concurrent.futures.ThreadPoolExecutor(50) as pool:
    connections = list(pool.map(work, range(50)))
print(len(connections), "connections")
`;

realTest(["python", "bubblewrap"], "a closed step keeps fifty connections to its run at once", async () => {
  await using place = await openPlace();
  const { exit, output } = await place.start(["python3", "-c", many], { ARTIFACTS: place.artifacts });
  assert.deepEqual(exit, { is: "exited", code: 0 }, output);
  assert.equal(output, "50 connections\n");
  assert.deepEqual(place.bugs, []);
});

realTest(
  ["bubblewrap"],
  "a closed step that uses no server has no forwarder, and nothing of it",
  async () => {
    await using place = await openPlace();
    const names = "cat /proc/[0-9]*/comm; ls -A; ls -A $TMPDIR";
    const bare = await place.start(["sh", "-c", names], {}, []);
    assert.doesNotMatch(bare.output, /deno/);
    const forwarded = await place.start(["sh", "-c", names]);
    assert.match(forwarded.output, /deno/);
    // Neither leaves a file.
    assert.equal(forwarded.output.replace(/^deno\n/m, ""), bare.output);
  },
);

realTest(["bubblewrap"], "a closed step's end is told through the forwarder", async () => {
  await using place = await openPlace();
  assert.deepEqual((await place.start(["sh", "-c", "exit 9"])).exit, { is: "exited", code: 9 });
  assert.deepEqual((await place.start(["sh", "-c", "kill -SEGV $$"])).exit, {
    is: "signalled",
    signal: "SIGSEGV",
  });
  const asked = "trap 'echo asked; exit 0' TERM; while :; do sleep 0.05; done";
  const startedAt = Date.now();
  const { exit, output } = await place.start(["sh", "-c", asked], {}, undefined, 500);
  assert.deepEqual(exit, { is: "timed-out" });
  assert.match(output, /^asked$/m);
  assert.ok(Date.now() - startedAt < 2500);
});

/** Asks for three addresses, of which the step is granted the first, and prints what each is answered. */
const visitors = {
  urllib: `
import sys, urllib.error, urllib.request
for at in sys.argv[1:]:
    try:
        print(200, urllib.request.urlopen(at, timeout=10).read().decode().strip())
    except urllib.error.HTTPError as error:
        print(error.code, error.read().decode().strip())`,
  requests: `
import sys, requests
for at in sys.argv[1:]:
    answer = requests.get(at, timeout=10)
    print(answer.status_code, answer.text.strip())`,
  deno: `
for (const at of Deno.args) {
  const answer = await fetch(at);
  console.log(answer.status, (await answer.text()).trim());
}`,
};

realTest(["mlflow", "bubblewrap"], "a closed step reaches the hosts it named through the proxy", async () => {
  await using place = await openPlace();
  await using origin = openOrigin();
  const named = `127.0.0.1:${origin.port}`;
  const elsewhere = `127.0.0.2:${origin.port}`;
  const proxy = await place.sandbox.openProxy([named], place.hold, [place.session.server]);
  const visit = async (...argv: Argv) => {
    const asked = [`http://${named}/a`, `http://${elsewhere}/b`, "http://other.example/c"];
    const servers = [place.session.server, proxy.server];
    const own = `${place.session.uri}/health`;
    return (await place.start([...argv, ...asked, own], proxy.variables, servers, undefined, [named])).output;
  };
  const refused = (to: string) => `403 The step may not reach ${to}, only ${named}`;
  const expected = ["200 GET /a", refused(elsewhere), refused("other.example:80"), "200 OK", ""].join("\n");
  const deno = await Deno.realPath(Deno.execPath());
  const module = `data:text/javascript,${encodeURIComponent(visitors.deno)}`;
  assert.equal(await visit("python3", "-c", visitors.urllib), expected);
  assert.equal(await visit(await mlflowPython(), "-c", visitors.requests), expected);
  assert.equal(await visit(deno, "run", "--quiet", "--allow-net", module), expected);
  proxy.close();
});

type Argv = readonly [string, ...string[]];

/** A step's run, its session, and a sandbox to run programs in as that step. */
async function openPlace() {
  const folder = await Deno.makeTempDir();
  const tracker: Tracker = await openSqliteTracker(join(folder, "mlflow.db"), {
    create: true,
    clock: Date.now,
  });
  const points: (readonly [string, string, number, number])[] = [];
  const bugs: unknown[] = [];
  const server = await openRunServer(tracker, {
    onMetric: (...point) => points.push(point),
    onBug: (error) => bugs.push(error),
  });
  const experimentId = (await tracker.createExperiment("pipeline")).id;
  const newRun = (name: string): Promise<RunInfo> =>
    tracker.createRun({ experimentId, name, user: "u", startedAt: Date.now(), tags: [] });
  const [run, other] = [await newRun("own"), await newRun("other")];
  const sandbox: Sandbox = openSandbox({
    mode: "require",
    deno: Deno.execPath(),
    child: import.meta.resolve("../../src/dsl/function_child.ts"),
    cache: join(folder, "cache"),
    findBubblewrap: () => Promise.resolve(findOnPath("bwrap")),
  });
  const hold: Hold = await sandbox.hold({ body: "command", net: false, needsFull: true });
  assert.deepEqual(hold, { tier: "bubblewrap", hasOwnNetwork: true });
  const session: RunServerSession = await server.open(run.id, hold);
  const environment = await pythonFolders();
  return {
    tracker,
    run,
    other,
    session,
    sandbox,
    hold,
    points,
    bugs,
    artifacts: `${experimentId}/${run.id}/artifacts`,
    /** Runs a program as a closed step; what it prints is `output`. */
    async start(
      argv: Argv,
      variables: Readonly<Record<string, string>> = {},
      servers: readonly ReachableServer[] = [session.server],
      timeoutMs?: number,
      net: readonly string[] = [],
    ): Promise<{ readonly exit: ProcessExit; readonly output: string }> {
      const step = await Deno.makeTempDir({ dir: folder, prefix: "step-" });
      const [work, temporary] = [join(step, "work"), join(step, "temporary")];
      for (const each of [work, temporary]) await Deno.mkdir(each);
      const all = {
        ...session.variables,
        ...variables,
        PATH: `${environment.map((each) => join(each, "bin")).join(":")}:/usr/bin:/bin`,
        HOME: temporary,
        TMPDIR: temporary,
      };
      const confined = await sandbox.confine({ is: "command", argv }, {
        folder: work,
        code: [],
        read: environment,
        write: [work],
        temporary,
        net: net.length === 0 ? false : net,
        gpu: false,
        variables: all,
        run: [],
        servers,
      }, hold);
      const lines: string[] = [];
      const exit = await localEngine.run({
        argv: confined.argv,
        files: confined.files,
        folder: work,
        variables: all,
        log: join(step, "log"),
        tellsSignals: confined.tellsSignals,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      }, { signal: new AbortController().signal, onLine: (_, line) => lines.push(`${line}\n`) });
      return { exit, output: lines.join("") };
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await tracker.close();
      const { server: listening } = session;
      await Deno.remove(folder, { recursive: true });
      if (listening.is === "socket") {
        await assert.rejects(Deno.stat(dirname(listening.path)), Deno.errors.NotFound);
      }
    },
  };
}

/** Of the tests' own environment and the interpreter it was made from. */
async function pythonFolders(): Promise<string[]> {
  const asked = "import sys; print(sys.prefix); print(sys.base_prefix)";
  const programs = [await mlflowPython().catch(() => "python3"), "python3"];
  const found = await Promise.all(programs.map(async (program) => {
    const { stdout } = await new Deno.Command(program, { args: ["-c", asked] }).output();
    return new TextDecoder().decode(stdout).trim().split("\n");
  }));
  return [...new Set(found.flat())].filter((folder) => folder !== "/usr");
}

const findOnPath = (name: string): string | undefined =>
  (Deno.env.get("PATH") ?? "").split(":").map((folder) => join(folder, name)).find((path) =>
    existsSync(path)
  );

function openOrigin() {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => new Response(`${request.method} ${new URL(request.url).pathname}`),
  );
  return { port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** Fails when the step ends first. */
async function until(isSo: () => boolean, ended: Promise<{ readonly output: string }>): Promise<void> {
  let end: { readonly output: string } | undefined;
  ended.then((given) => end = given);
  while (!isSo()) {
    assert.equal(end, undefined, end?.output);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
