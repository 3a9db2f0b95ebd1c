/** Reads whole runs of an MLflow server, for another store. */
import type { RunSource } from "../core/ports/moved_runs.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import type { Metric } from "../core/tracking.ts";
import { openRestConnection, type RestOptions } from "./rest_connection.ts";
import { listAllExperiments, listAllRuns, listLoggedModels, listRegisteredModels } from "./rest_listing.ts";
import { openRestTracker } from "./rest_tracker.ts";

/** `uri` is as `openRestTracker` takes it. Nothing is sent before the first call. */
export function openRestRunSource(uri: string, options: RestOptions): RunSource {
  const connection = openRestConnection(uri, options);
  const tracker = openRestTracker(uri, options);
  const { artifacts } = tracker;
  return {
    uri: connection.uri,
    isOfFiles: false,
    experiments: () => listAllExperiments(connection),
    runs: async ({ id }) => (await listAllRuns(connection, id)).map(({ info }) => info),
    async read({ id }) {
      const run = await tracker.getRun(id);
      const points: Metric[] = [];
      for (const { key } of run.metrics) {
        for await (const point of readHistory(tracker, id, key)) points.push(point);
      }
      return { ...run, points };
    },
    loggedModels: ({ id }) => listLoggedModels(connection, id),
    registeredModels: () => listRegisteredModels(connection),
    artifacts,
    // A server could name a folder of this machine with secrets: those of runs are called so.
    locate: (location) =>
      location.startsWith("mlflow-artifacts:") ||
        artifacts.localFolder(location) !== undefined && /\/artifacts\/?$/.test(location)
        ? location
        : undefined,
    async close() {
      connection.close();
      await tracker.close();
    },
  };
}

/** Every point of one metric of a run. */
export async function* readHistory(tracker: Tracker, runId: string, key: string): AsyncGenerator<Metric> {
  let token: string | undefined;
  do {
    const page = await tracker.getMetricHistory(runId, key, {
      limit: 25_000,
      ...(token === undefined ? {} : { token }),
    });
    yield* page.items;
    token = page.nextPageToken;
  } while (token !== undefined);
}
