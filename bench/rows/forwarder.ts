/** What the forwarder adds to a step in bubblewrap: to its start, to a request to the run's own server, in memory. */
import { join } from "node:path";
import { openByShell } from "../../src/core/argv.ts";
import type { Hold, ReachableServer, Sandbox } from "../../src/core/ports/sandbox.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { openRunServer } from "../../src/server/run_server.ts";
import { openSqliteTracker } from "../../src/tracker/sqlite_tracker.ts";
import { measure, type Measured, measureInTurn } from "../measure.ts";
import { megabytes, type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

const startLimitMs = 50;
const requestLimitMs = 0.2;
const memoryLimitBytes = 30e6;

/** Asks for the same by the port and by the socket, in turn on one connection each, and looks at its parent. */
const client = `
import http.client, json, os, socket, statistics, sys, time, urllib.parse
at = urllib.parse.urlparse(os.environ["MLFLOW_TRACKING_URI"])
by_port = http.client.HTTPConnection(at.hostname, at.port)
by_socket = http.client.HTTPConnection("localhost")
by_socket.sock = socket.socket(socket.AF_UNIX)
by_socket.sock.connect(sys.argv[1])
def ask(connection):
    begun = time.perf_counter()
    connection.request("GET", at.path + "/health")
    assert connection.getresponse().read() == b"OK"
    return (time.perf_counter() - begun) * 1000
times = [(ask(by_port), ask(by_socket)) for _ in range(1000)][100:]
with open(f"/proc/{os.getppid()}/smaps_rollup") as file:
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in file if line.rstrip().endswith("kB")}
forwarded, bare = (statistics.median(column) for column in zip(*times))
print(json.dumps({"forwarded": forwarded, "bare": bare, "bytes": kilobytes["Pss"] * 1024}))
`;

export async function measureForwarder(workplace: Workplace): Promise<Row[]> {
  const folder = await workplace.folder();
  const tracker = await openSqliteTracker(join(folder, "mlflow.db"), { create: true, clock: Date.now });
  const server = await openRunServer(tracker);
  const experimentId = (await tracker.createExperiment("bench")).id;
  const run = await tracker.createRun({ experimentId, name: "", user: "", startedAt: Date.now(), tags: [] });
  const sandbox = openSandbox({
    mode: "require",
    deno: workplace.deno,
    child: new URL("../../src/dsl/function_child.ts", import.meta.url).href,
    cache: join(folder, "cache"),
    findBubblewrap: () => Promise.resolve(findOnPath("bwrap", workplace.variables)),
  });
  try {
    const hold = await sandbox.hold({ body: "command", net: false, needsFull: true });
    const session = await server.open(run.id, hold);
    const variables = { PATH: "/usr/bin:/bin", HOME: folder, ...session.variables };
    const step = (argv: readonly [string, ...string[]], servers: readonly ReachableServer[]) =>
      confined(sandbox, hold, folder, variables, argv, servers);
    const bare = await step(["true"], []);
    const forwarded = await step(["true"], [session.server]);
    const started = await measureInTurn({
      bare: () => measure(bare),
      forwarded: () => measure(forwarded),
    }, Math.max(workplace.rounds, 15));
    const socket = session.server.is === "socket" ? session.server.path : "";
    const asking = await step(["/usr/bin/python3", "-c", client, socket], [session.server]);
    const asked = JSON.parse((await measure(asking)).stdout);
    const addedMs = started.forwarded.wallMs - started.bare.wallMs;
    const addedPerRequestMs = asked.forwarded - asked.bare;
    return [
      {
        work: "start of a step in bubblewrap: what the forwarder adds",
        must: `≤ ${startLimitMs} ms, and nothing for a step without`,
        reached: `${seconds(addedMs)}: ${seconds(started.forwarded.wallMs)} against ${
          seconds(started.bare.wallMs)
        }`,
        isReached: addedMs <= startLimitMs,
      },
      {
        work: "a request to the run's own server: what the forwarder adds",
        must: `≤ ${requestLimitMs} ms`,
        reached: `${addedPerRequestMs.toFixed(2)} ms: ${asked.forwarded.toFixed(2)} ms against ${
          asked.bare.toFixed(2)
        } ms`,
        isReached: addedPerRequestMs <= requestLimitMs,
      },
      {
        work: "memory of the forwarder, beside the pages it shares with sluice",
        must: `≤ ${megabytes(memoryLimitBytes)}`,
        reached: megabytes(asked.bytes),
        isReached: asked.bytes <= memoryLimitBytes,
      },
    ];
  } finally {
    await server.close();
    await tracker.close();
  }
}

async function confined(
  sandbox: Sandbox,
  hold: Hold,
  folder: string,
  variables: Readonly<Record<string, string>>,
  argv: readonly [string, ...string[]],
  servers: readonly ReachableServer[],
): Promise<Measured> {
  const work = await Deno.makeTempDir({ dir: folder });
  const temporary = await Deno.makeTempDir({ dir: folder });
  const held = await sandbox.confine({ is: "command", argv }, {
    folder: work,
    code: [],
    read: [],
    write: [work],
    temporary,
    net: false,
    gpu: false,
    variables,
    run: [],
    servers,
  }, hold);
  return { argv: openByShell(held.argv, held.files), folder: work, variables };
}

function findOnPath(name: string, variables: Readonly<Record<string, string>>): string | undefined {
  const paths = (variables["PATH"] ?? "").split(":").map((folder) => join(folder, name));
  return paths.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}
