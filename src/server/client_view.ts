/**
 * Locations as a client of the server sees them: `mlflow-artifacts:/<experiment>/<run>/artifacts` and
 * `mlflow-artifacts:/<experiment>/models/<model>/artifacts`, MLflow's own layout, so that all artifacts travel
 * through the server. Where they are really kept is not told.
 */
import type { Tracker } from "../core/ports/tracker.ts";
import {
  type LoggedModel,
  type ModelVersion,
  type Run,
  type RunInfo,
  TrackingError,
} from "../core/tracking.ts";
import type { Scope } from "./scope.ts";

const scheme = "mlflow-artifacts:";

export const viewRunInfo = (info: RunInfo): RunInfo => ({
  ...info,
  artifactUri: `${scheme}/${info.experimentId}/${info.id}/artifacts`,
});
export const viewRun = (run: Run): Run => ({ ...run, info: viewRunInfo(run.info) });
export const viewLoggedModel = (model: LoggedModel): LoggedModel => ({
  ...model,
  artifactUri: `${scheme}/${model.experimentId}/models/${model.id}/artifacts`,
});

/** What the first segments of an artifact path name. */
export type ArtifactOwner =
  | { readonly is: "run"; readonly id: string }
  | { readonly is: "model"; readonly id: string };

/** Throws INVALID_PARAMETER_VALUE where the segments follow neither layout. */
export function parseArtifactPath(
  segments: readonly string[],
): { readonly owner: ArtifactOwner; readonly path: readonly string[] } {
  const [, first, second, third, ...rest] = segments;
  if (first === "models" && second !== undefined && third === "artifacts") {
    return { owner: { is: "model", id: second }, path: rest };
  }
  if (first !== undefined && second === "artifacts") {
    return { owner: { is: "run", id: first }, path: third === undefined ? [] : [third, ...rest] };
  }
  throw new TrackingError(
    "INVALID_PARAMETER_VALUE",
    `Invalid path '${segments.join("/")}': it is no artifact of a run or a logged model`,
  );
}

/** The tracker's own location of what `owner` keeps. Throws PERMISSION_DENIED outside the scope. */
export async function locate(
  owner: ArtifactOwner,
  mode: "read" | "write",
  tracker: Tracker,
  scope: Scope,
): Promise<string> {
  if (owner.is === "run") scope.requireRun(owner.id);
  else if (mode === "write") await scope.requireModel(owner.id);
  else await scope.requireReadableModel(owner.id);
  const known = scope.locations.get(owner.id);
  if (known !== undefined) return known;
  const location = owner.is === "run"
    ? (await tracker.getRun(owner.id)).info.artifactUri
    : (await tracker.getLoggedModel(owner.id)).artifactUri;
  scope.locations.set(owner.id, location);
  return location;
}

/** The logged model that a version's source names, as `models:/m-…`. */
export const sourceModel = (source: string): string | undefined =>
  /^models:\/(m-[0-9a-f]+)$/.exec(source)?.[1];

/** A version's source as the tracker keeps it. Throws INVALID_PARAMETER_VALUE for what is not the session's. */
export async function storeSource(source: string, tracker: Tracker, scope: Scope): Promise<string> {
  const model = sourceModel(source);
  if (model !== undefined) {
    await scope.requireModel(model);
    return source;
  }
  if (!source.startsWith(`${scheme}/`)) {
    throw new TrackingError(
      "INVALID_PARAMETER_VALUE",
      `Cannot register '${source}' as it is neither a logged model nor an artifact of this run`,
    );
  }
  const { owner, path } = parseArtifactPath(source.slice(scheme.length + 1).split("/"));
  if (path.some((part) => part === ".." || part === "." || part === "")) {
    throw new TrackingError("INVALID_PARAMETER_VALUE", `Invalid source '${source}'`);
  }
  return [await locate(owner, "write", tracker, scope), ...path].join("/");
}

/** A version whose source a client can follow. */
export async function viewVersion(version: ModelVersion, tracker: Tracker): Promise<ModelVersion> {
  if (version.source.startsWith("models:/") || version.runId === undefined) return version;
  const { info } = await tracker.getRun(version.runId);
  const location = info.artifactUri;
  if (!version.source.startsWith(`${location}/`)) return version;
  const { artifactUri } = viewRunInfo(info);
  return { ...version, source: `${artifactUri}${version.source.slice(location.length)}` };
}

/** Where a client downloads a version from. */
export async function downloadUri(version: ModelVersion, tracker: Tracker): Promise<string> {
  const model = sourceModel(version.source);
  if (model !== undefined) return viewLoggedModel(await tracker.getLoggedModel(model)).artifactUri;
  return (await viewVersion(version, tracker)).source;
}
