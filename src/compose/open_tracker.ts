/** Opens the tracker a run logs to. */
import { dirname, join, resolve } from "node:path";
import { refuse } from "../core/error.ts";
import type { Tracker } from "../core/ports/tracker.ts";

export interface TrackerChoice {
  /** As the user gave it; MLFLOW_TRACKING_URI when absent, else `mlflow.db` in the working folder. */
  readonly uri?: string | undefined;
  readonly workingFolder: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Make the file when it is not there; else a missing one is refused. */
  readonly create: boolean;
}

/** Where a tracker is, before it is opened. */
export type TrackerLocation =
  | { readonly is: "file"; readonly path: string }
  | { readonly is: "server"; readonly uri: string };

/** Throws TRACKER_URI_UNSUPPORTED. `sqlite:///x.db` is relative to the working folder, `sqlite:////x.db` absolute. */
export function locateTracker(choice: Omit<TrackerChoice, "create">): TrackerLocation {
  const uri = choice.uri ?? choice.variables["MLFLOW_TRACKING_URI"] ?? "";
  if (uri === "") return { is: "file", path: join(choice.workingFolder, "mlflow.db") };
  if (/^https?:\/\//.test(uri)) return { is: "server", uri: uri.replace(/\/+$/, "") };
  const path = /^sqlite:\/\/\/(.+)$/.exec(uri)?.[1];
  if (path !== undefined) return { is: "file", path: resolve(choice.workingFolder, path) };
  return refuse({
    code: "TRACKER_URI_UNSUPPORTED",
    message: `Cannot log to \`${uri}\` as it is neither an http address nor a SQLite file`,
    hint: "Use `http://host:port` or `sqlite:///mlflow.db`, as --tracking-uri or in MLFLOW_TRACKING_URI",
  });
}

/** Loads what `openTracker` will need, while something else is waited for. */
export function preloadTracker(location: TrackerLocation): void {
  const module = location.is === "file"
    ? import("../tracker/sqlite_tracker.ts")
    : import("../tracker/rest_tracker.ts");
  module.catch(() => {});
}

/**
 * Throws TRACKER_URI_UNSUPPORTED and, of a file, what `openSqliteTracker` throws; of a server nothing is asked before
 * the first call.
 */
export async function openTracker(choice: TrackerChoice): Promise<Tracker> {
  const location = locateTracker(choice);
  if (location.is === "server") {
    const { openRestTracker } = await import("../tracker/rest_tracker.ts");
    return openRestTracker(location.uri, { clock: Date.now, variables: choice.variables });
  }
  const { openSqliteTracker } = await import("../tracker/sqlite_tracker.ts");
  return await openSqliteTracker(location.path, { create: choice.create, clock: Date.now });
}

/** The folder that holds what runs leave while they are under way: beside the tracker's file, else the working folder. */
export function workspaceFolder(location: TrackerLocation, workingFolder: string): string {
  return join(location.is === "file" ? dirname(location.path) : workingFolder, ".sluice");
}
