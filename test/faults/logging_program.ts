/**
 * Logs metrics to a run's own server, as a step does, one after another, and says how each was answered. It stops itself
 * before the first: a test meddles with it then.
 */
import { openRunServer } from "../../src/server/run_server.ts";
import { openSqliteTracker } from "../../src/tracker/sqlite_tracker.ts";

const calls = 6;

const tracker = await openSqliteTracker(Deno.args[0]!, { create: true, clock: Date.now });
const { id } = await tracker.createRun({ experimentId: "0", name: "n", user: "u", startedAt: 1, tags: [] });
const server = await openRunServer(tracker);
const { uri } = await server.open(id, { tier: "none", hasOwnNetwork: false });
Deno.kill(Deno.pid, "SIGSTOP");
for (let step = 0; step < calls; step++) {
  const response = await fetch(`${uri}/api/2.0/mlflow/runs/log-metric`, {
    method: "POST",
    body: JSON.stringify({ run_id: id, key: "m", value: step, timestamp: 1, step }),
  });
  console.log(JSON.stringify({ status: response.status, said: await response.json() }));
}
await server.close();
await tracker.close();
