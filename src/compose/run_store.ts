/** Opens the store that an argument of `sluice runs export` or `import` names. */
import { resolve } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import type { RunSource, RunTarget } from "../core/ports/moved_runs.ts";
import { locateTracker } from "./open_tracker.ts";

/** Where a command looks from. */
export interface Setting {
  readonly workingFolder: string;
  readonly variables: Readonly<Record<string, string>>;
}

type StoreLocation =
  | { readonly is: "file" | "folder"; readonly path: string }
  | { readonly is: "server"; readonly uri: string };

/**
 * An address is a server, `sqlite:///x.db` and any file a tracker's file, a folder one of MLflow's `mlruns`. What is not
 * there yet is a file where its name ends as those of databases do. Without `given`, the tracker that runs go to.
 */
function locateStore(given: string | undefined, setting: Setting): StoreLocation {
  if (given === undefined || /^(?:https?|sqlite):/.test(given)) {
    return locateTracker({ uri: given, ...setting });
  }
  const path = given.startsWith("file:") ? fileURLToPath(given) : resolve(setting.workingFolder, given);
  let info: Deno.FileInfo | undefined;
  try {
    info = Deno.statSync(path);
  } catch {
    // It is not there yet.
  }
  const isFile = info === undefined ? /\.(?:db|sqlite3?)$/.test(path) : info.isFile;
  return { is: isFile ? "file" : "folder", path };
}

/** Throws TRACKER_URI_UNSUPPORTED, RUNS_UNREADABLE, and what `openSqliteTracker` throws. */
export async function openRunSource(given: string | undefined, setting: Setting): Promise<RunSource> {
  const location = locateStore(given, setting);
  if (location.is === "server") {
    const { openRestRunSource } = await import("../tracker/rest_run_source.ts");
    return openRestRunSource(location.uri, { clock: Date.now, variables: setting.variables });
  }
  if (location.is === "file") {
    const { openSqliteRunSource } = await import("../tracker/sqlite_run_source.ts");
    return await openSqliteRunSource(location.path);
  }
  const { openFolderRunSource } = await import("../tracker/folder_run_source.ts");
  return openFolderRunSource(location.path);
}

/** Makes what is not there yet. Throws what `openRunSource` throws, and FOLDER_NOT_WRITABLE. */
export async function openRunTarget(given: string | undefined, setting: Setting): Promise<RunTarget> {
  const location = locateStore(given, setting);
  if (location.is === "server") {
    const { openRestRunTarget } = await import("../tracker/rest_run_target.ts");
    return openRestRunTarget(location.uri, { clock: Date.now, variables: setting.variables });
  }
  if (location.is === "folder") {
    const { openFolderRunTarget } = await import("../tracker/folder_run_target.ts");
    return await openFolderRunTarget(location.path);
  }
  const { openSqliteRunTarget } = await import("../tracker/sqlite_run_target.ts");
  return await openSqliteRunTarget(location.path);
}
