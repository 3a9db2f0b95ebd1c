/** Hands the rooms to the scheduler. */
import type { Event } from "../core/event.ts";
import type { Cache } from "../core/ports/cache.ts";
import type { Environments } from "../core/ports/environments.ts";
import type { PlannedFiles } from "../core/ports/planned_files.ts";
import type { RunServer } from "../core/ports/run_server.ts";
import type { Sandbox } from "../core/ports/sandbox.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { localEngine } from "../engines/local_engine.ts";
import { openOrderedEvents } from "../scheduler/ordered_events.ts";
import type { Services } from "../scheduler/services.ts";
import { openSteadyClock } from "./steady_clock.ts";

export interface Given {
  readonly tracker: Tracker;
  readonly environments: Environments;
  readonly sandbox: Sandbox;
  readonly files: PlannedFiles;
  readonly openCache: () => Promise<Cache>;
  readonly emit: (event: Event) => void;
  readonly variables: Readonly<Record<string, string>>;
}

/** The run's own server is started when the first step asks for it. */
export function openServices(given: Given): { readonly services: Services; close(): Promise<void> } {
  const clock = openSteadyClock();
  let server: Promise<RunServer> | undefined;
  const steps = new Map<string, string>();
  const ordered = openOrderedEvents(given.emit);
  const emit = (event: Event) => {
    if (event.is === "step-started") steps.set(event.runId, event.step);
    ordered.emit(event);
  };
  const onMetric = (runId: string, metric: string, value: number, index: number) => {
    const step = steps.get(runId);
    if (step !== undefined) emit({ is: "step-metric", at: clock(), step, metric, value, index });
  };
  return {
    services: {
      environments: given.environments,
      tracker: given.tracker,
      engine: localEngine,
      sandbox: given.sandbox,
      files: given.files,
      openCache: given.openCache,
      openServer: () =>
        server ??= import("../server/run_server.ts").then(({ openRunServer }) =>
          openRunServer(given.tracker, { onMetric, onBug: (error) => warn(emit, error) })
        ),
      emit,
      emitWhen: ordered.emitWhen,
      clock,
      variables: given.variables,
    },
    async close() {
      await (await server)?.close();
      localEngine.close();
    },
  };
}

/** The step goes on: its client has been told that the server met an error of its own. */
function warn(emit: (event: Event) => void, error: unknown): void {
  emit({ is: "warning", at: Date.now(), message: bugOfServer(error) });
}

/** The sentence for an error that is none of the client's. */
export const bugOfServer = (error: unknown): string =>
  `The run's own server met a bug of sluice: ${error instanceof Error ? error.stack : String(error)}`;
