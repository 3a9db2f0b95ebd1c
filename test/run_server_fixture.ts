/** A tracker in a folder of its own, the run's own server over it, and two steps with a session each. */
import { join } from "node:path";
import type { RunServerSession } from "../src/core/ports/run_server.ts";
import type { Tracker } from "../src/core/ports/tracker.ts";
import type { LoggedModel, ModelVersion, RunInfo } from "../src/core/tracking.ts";
import { openRunServer } from "../src/server/run_server.ts";
import { openSqliteTracker } from "../src/tracker/sqlite_tracker.ts";

export interface StepFixture {
  readonly run: RunInfo;
  readonly model: LoggedModel;
  readonly version: ModelVersion;
  readonly session: RunServerSession;
}
export interface ServerFixture extends AsyncDisposable {
  readonly tracker: Tracker;
  readonly experimentId: string;
  readonly own: StepFixture;
  readonly other: StepFixture;
  /** Points that the server told of, as `[run, key, value, step]`. */
  readonly points: (readonly [string, string, number, number])[];
  /** What the server did wrong. */
  readonly bugs: unknown[];
  /** Asks the server through the first step's session. */
  ask(method: string, path: string, body?: unknown): Promise<Reply>;
  closeServer(): Promise<void>;
}
export interface Reply {
  readonly status: number;
  /** The answer's JSON, or its text where it is not JSON. */
  // deno-lint-ignore no-explicit-any -- the tests read MLflow's JSON as it comes
  readonly body: any;
}

export async function openServerFixture(): Promise<ServerFixture> {
  const folder = await Deno.makeTempDir();
  const tracker = await openSqliteTracker(join(folder, "mlflow.db"), { create: true, clock: Date.now });
  const experimentId = (await tracker.createExperiment("pipeline")).id;
  const points: ServerFixture["points"] = [];
  const bugs: unknown[] = [];
  const server = await openRunServer(tracker, {
    onMetric: (...point) => points.push(point),
    onBug: (error) => bugs.push(error),
  });
  const makeStep = async (name: string): Promise<StepFixture> => {
    const run = await tracker.createRun({ experimentId, name, user: "u", startedAt: 1, tags: [] });
    const model = await tracker.createLoggedModel({
      experimentId,
      name,
      sourceRunId: run.id,
      tags: [],
      parameters: [],
    });
    await tracker.createRegisteredModel(name);
    const version = await tracker.createModelVersion({
      name,
      source: `models:/${model.id}`,
      runId: run.id,
      modelId: model.id,
      tags: [],
    });
    return {
      run,
      model,
      version,
      session: await server.open(run.id, { tier: "none", hasOwnNetwork: false }),
    };
  };
  const own = await makeStep("own");
  const other = await makeStep("other");
  return {
    tracker,
    experimentId,
    own,
    other,
    points,
    bugs,
    ask: (method, path, body) => ask(own.session.uri, method, path, body),
    closeServer: () => server.close(),
    async [Symbol.asyncDispose]() {
      await server.close();
      await tracker.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A call of MLflow's REST below `/api/2.0/`; a body that is no text is sent as JSON. */
export async function ask(uri: string, method: string, path: string, body?: unknown): Promise<Reply> {
  const response = await fetch(`${uri}/api/2.0/${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: readReply(await response.text()) };
}

function readReply(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
