/**
 * Server: the run's own, which is the first slice of MLflow's REST on loopback, over the tracker, so that the MLflow code of
 * a step logs live without ever holding the database, and with no network but that to the server.
 *
 * Each step gets a session: an address with an unguessable first segment, which MLflow's client keeps in every call.
 * Through it the step writes to its own run, to the runs it makes below that, and to the models and versions it
 * makes from them; everything else is refused. Names, shapes and errors follow MLflow 3.17.2.
 */
import type { RunServer, RunServerSession } from "../core/ports/run_server.ts";
import type { ReachableServer } from "../core/ports/sandbox.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { makeSocketFolder } from "../core/socket_folder.ts";
import type { Desk } from "./endpoint.ts";
import { openScope, type Scope } from "./scope.ts";

export interface RunServerOptions {
  /** Told of each point that a step logs to its own run, when the tracker has it. */
  readonly onMetric?: (runId: string, key: string, value: number, step: number) => void;
  /** Told of what the server did wrong; its client sees INTERNAL_ERROR only. */
  readonly onBug?: (error: unknown) => void;
  /** Milliseconds since 1970, UTC. */
  readonly clock?: () => number;
}

/** Where a step with a network of its own finds the server; no program's usual port, and none the system gives away. */
const forwarderPort = 7419;

/** How long `close` waits for calls under way. */
const closeAfterMs = 2_000;

interface Listener {
  readonly server: ReachableServer;
  close(): Promise<void>;
}

/**
 * Listens when the first session asks for it: on a free port of 127.0.0.1, or on a Unix socket for steps that have a
 * network of their own. Closing ends every session.
 */
export function openRunServer(tracker: Tracker, options: RunServerOptions = {}): Promise<RunServer> {
  const desks = new Map<string, Desk>();
  const endings = new Set<Promise<void>>();
  const { onMetric = () => {}, onBug = () => {}, clock = Date.now } = options;
  // Loaded at the first call: most steps make none, and every run starts a server.
  const answer = async (request: Request) =>
    (await import("./answer_request.ts")).answerRequest(request, desks, onBug);
  const listeners: { port?: Listener; socket?: Listener } = {};

  return Promise.resolve({
    open(runId, { hasOwnNetwork }): Promise<RunServerSession> {
      const { server } = hasOwnNetwork
        ? listeners.socket ??= listenOnSocket(answer)
        : listeners.port ??= listenOnPort(answer);
      const token = newToken();
      const scope = openScope(tracker, runId);
      desks.set(token, { tracker, scope, clock, onMetric });
      const uri = `http://127.0.0.1:${server.port}/${token}`;
      return Promise.resolve({
        uri,
        server,
        variables: clientVariables(uri, runId),
        close() {
          if (!desks.delete(token)) return;
          const ending = endRuns(scope, tracker, clock).catch(onBug).finally(() => endings.delete(ending));
          endings.add(ending);
        },
      });
    },
    async close() {
      const scopes = [...desks.values()].map((desk) => desk.scope);
      desks.clear();
      await Promise.all(Object.values(listeners).map((listener: Listener) => listener.close()));
      await Promise.all([...endings, ...scopes.map((scope) => endRuns(scope, tracker, clock).catch(onBug))]);
    },
  });
}

type Answer = (request: Request) => Promise<Response>;

function listenOnPort(answer: Answer): Listener {
  const abort = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: abort.signal, onListen: () => {} },
    answer,
  );
  return { server: { is: "port", port: server.addr.port }, close: () => shutDown(server, abort) };
}

function listenOnSocket(answer: Answer): Listener {
  const folder = makeSocketFolder();
  const path = `${folder.path}/server`;
  const abort = new AbortController();
  const server = Deno.serve({ path, signal: abort.signal, onListen: () => {} }, answer);
  return {
    server: { is: "socket", port: forwarderPort, path },
    close: () => shutDown(server, abort).finally(folder.remove),
  };
}

async function shutDown(server: { shutdown(): Promise<void> }, abort: AbortController): Promise<void> {
  const late = setTimeout(() => abort.abort(), closeAfterMs);
  await server.shutdown().finally(() => clearTimeout(late));
}

/** What an unmodified MLflow client needs to find the server and its run, and to leave the network alone. */
function clientVariables(uri: string, runId: string): Readonly<Record<string, string>> {
  return {
    MLFLOW_TRACKING_URI: uri,
    MLFLOW_REGISTRY_URI: uri,
    MLFLOW_RUN_ID: runId,
    MLFLOW_DISABLE_TELEMETRY: "true",
    // The server's address ends with the step; MLflow would print it as the place to see the run.
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT: "true",
    // MLflow repeats a call that met an error of the server seven times, which takes minutes.
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: "2",
    MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: "1",
    GIT_PYTHON_REFRESH: "quiet",
    // A step that is granted HTTP_PROXY still finds what is on this machine; programs differ in which case they read.
    NO_PROXY: "127.0.0.1,localhost",
    no_proxy: "127.0.0.1,localhost",
  };
}

/** Runs that a step made and left open have ended with its process. */
async function endRuns(scope: Scope, tracker: Tracker, clock: () => number): Promise<void> {
  for (const id of scope.runIds) {
    if (id === scope.runId) continue;
    const { info } = await tracker.getRun(id);
    if (info.status === "RUNNING") await tracker.updateRun(id, { status: "KILLED", endedAt: clock() });
  }
}

function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return bytes.toBase64({ alphabet: "base64url" });
}
