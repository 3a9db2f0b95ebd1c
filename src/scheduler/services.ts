/** What the scheduler is given to touch the world with. */
import type { Event } from "../core/event.ts";
import type { Cache } from "../core/ports/cache.ts";
import type { Engine } from "../core/ports/engine.ts";
import type { Environments } from "../core/ports/environments.ts";
import type { PlannedFiles } from "../core/ports/planned_files.ts";
import type { RunServer } from "../core/ports/run_server.ts";
import type { Sandbox } from "../core/ports/sandbox.ts";
import type { Tracker } from "../core/ports/tracker.ts";

export interface Services {
  readonly environments: Environments;
  readonly tracker: Tracker;
  readonly engine: Engine;
  readonly sandbox: Sandbox;
  readonly files: PlannedFiles;
  /** The same one each time. */
  readonly openCache: () => Promise<Cache>;
  /** The run's own server; the same one each time. */
  readonly openServer: () => Promise<RunServer>;
  readonly emit: (event: Event) => void;
  /** Takes its place among the events now, and is told when it is there; what comes after it waits for it. */
  readonly emitWhen: (event: Promise<Event>) => void;
  /** Milliseconds since 1970, UTC. */
  readonly clock: () => number;
  /** The caller's environment variables, of which a step sees those it names. */
  readonly variables: Readonly<Record<string, string>>;
}
