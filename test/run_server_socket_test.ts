/** The run's own server for steps with a network of their own: a socket, and nothing else of its own. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openRunServer } from "../src/server/run_server.ts";
import { openSqliteTracker } from "../src/tracker/sqlite_tracker.ts";

const closed = { tier: "bubblewrap", hasOwnNetwork: true } as const;
const shared = { tier: "landlock", hasOwnNetwork: false } as const;

Deno.test("the run's own server listens once for each network, and answers a session by either", async () => {
  await using place = await openPlace();
  const { server, run, other } = place;
  const sessions = await Promise.all(
    [closed, closed, shared, shared].map((hold, index) => server.open(index % 2 === 0 ? run : other, hold)),
  );
  const [first, second, third, fourth] = sessions.map((session) => session.server);
  assert.deepEqual([first, third], [second, fourth]);
  assert.ok(first?.is === "socket" && third?.is === "port");
  assert.match(sessions[0]!.uri, /^http:\/\/127\.0\.0\.1:7419\/[\w-]{32}$/);
  assert.equal(sessions[0]!.uri, sessions[0]!.variables["MLFLOW_TRACKING_URI"]);

  const folder = await Deno.stat(dirname(first.path));
  assert.equal(folder.mode! & 0o777, 0o700);
  assert.ok(first.path.length < 108);

  const path = `${new URL(sessions[0]!.uri).pathname}/api/2.0/mlflow/runs/get?run_id=`;
  assert.match(await ask(first.path, path + run), /^HTTP\/1\.1 200 /);
  assert.match(await ask(first.path, path + other), /PERMISSION_DENIED/);
  const answer = await fetch(`http://127.0.0.1:${third.port}${path}${run}`);
  assert.equal((await answer.json()).run.info.run_id, run);
  sessions[0]!.close();
  assert.match(await ask(first.path, path + run), /UNAUTHENTICATED/);

  await server.close();
  await assert.rejects(Deno.stat(dirname(first.path)), Deno.errors.NotFound);
});

Deno.test("the run's own server leaves no socket when the program ends in the middle of it", async () => {
  const program = `
import { openRunServer } from "${import.meta.resolve("../src/server/run_server.ts")}";
const server = await openRunServer({});
console.log((await server.open("run", { tier: "bubblewrap", hasOwnNetwork: true })).server.path);
Deno.exit(3);`;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--config", fileURLToPath(import.meta.resolve("../deno.json"))],
      `data:text/javascript,${encodeURIComponent(program)}`,
    ],
  }).output();
  const path = new TextDecoder().decode(stdout).trim();
  assert.equal(code, 3);
  assert.match(path, /^\/tmp\/sluice-socket-\w+\/server$/);
  await assert.rejects(Deno.stat(dirname(path)), Deno.errors.NotFound);
});

async function openPlace() {
  const folder = await Deno.makeTempDir();
  const tracker = await openSqliteTracker(join(folder, "mlflow.db"), { create: true, clock: Date.now });
  const experimentId = (await tracker.createExperiment("pipeline")).id;
  const newRun = async (name: string) =>
    (await tracker.createRun({ experimentId, name, user: "u", startedAt: 1, tags: [] })).id;
  const server = await openRunServer(tracker);
  return {
    server,
    run: await newRun("own"),
    other: await newRun("other"),
    async [Symbol.asyncDispose]() {
      await tracker.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** The whole answer to a GET by the socket. */
async function ask(socket: string, path: string): Promise<string> {
  using connection = await Deno.connect({ transport: "unix", path: socket });
  await connection.write(
    new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
  );
  const buffer = new Uint8Array(65536);
  let answer = "";
  for (let size = await connection.read(buffer); size !== null; size = await connection.read(buffer)) {
    answer += new TextDecoder().decode(buffer.subarray(0, size));
  }
  return answer;
}
