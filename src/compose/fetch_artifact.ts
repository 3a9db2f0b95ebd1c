/** Takes what a tracker keeps to a folder of this machine: `runs:/…`, `models:/…` and `mlflow-artifacts:/…`. */
import { basename, join } from "node:path";
import { isConfinedPath, isFileName } from "../core/confined_path.ts";
import { makeFolder } from "../core/file_tree.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { TrackingError } from "../core/tracking.ts";
import { writeAll } from "../core/write_all.ts";

/** Whether the tracker is to be asked for it. */
export const isOfTracker = (uri: string): boolean => /^(runs|models|mlflow-artifacts):/i.test(uri);

/**
 * Gives where it is then: below `folder`, which is made, under its own name, or `folder` itself for all of a location.
 * Throws what the tracker fails with, and a TrackingError for what it does not have.
 */
export async function fetchArtifact(uri: string, folder: string, tracker: Tracker): Promise<string> {
  const { location, path } = await locate(uri, tracker);
  makeFolder(folder);
  if (path === "") {
    await fetchFolder({ location, path, to: folder }, tracker);
    return folder;
  }
  const name = basename(path);
  if (!isConfinedPath(path) || !isFileName(name)) refuseMissing(uri);
  const to = join(folder, name);
  const parent = path.slice(0, Math.max(0, path.length - name.length - 1));
  const found = (await tracker.artifacts.list(location, parent)).find((entry) => entry.path === path);
  if (found === undefined) return refuseMissing(uri);
  if (found.isFolder) await fetchFolder({ location, path, to }, tracker);
  else await fetchFile({ location, path, to }, tracker);
  return to;
}

interface Fetched {
  readonly location: string;
  readonly path: string;
  readonly to: string;
}

async function fetchFolder({ location, path, to }: Fetched, tracker: Tracker): Promise<void> {
  makeFolder(to);
  for (const entry of await tracker.artifacts.list(location, path)) {
    const name = basename(entry.path);
    // What a server answers is not to lead out of the folder.
    if (!isFileName(name) || entry.path !== (path === "" ? name : `${path}/${name}`)) continue;
    const next = { location, path: entry.path, to: join(to, name) };
    if (entry.isFolder) await fetchFolder(next, tracker);
    else await fetchFile(next, tracker);
  }
}

async function fetchFile({ location, path, to }: Fetched, tracker: Tracker): Promise<void> {
  using file = await Deno.open(to, { write: true, createNew: true });
  for await (const piece of await tracker.artifacts.read(location, path)) await writeAll(file, piece);
}

interface Located {
  /** Of artifacts. */
  readonly location: string;
  readonly path: string;
}

async function locate(uri: string, tracker: Tracker): Promise<Located> {
  if (/^mlflow-artifacts:/i.test(uri)) {
    const [, root = uri, path = ""] = /^(mlflow-artifacts:(?:\/\/[^/]*)?\/[^/]+)\/(.*?)\/*$/i.exec(uri) ?? [];
    return { location: root, path };
  }
  const run = /^runs:\/+([0-9a-f]{32})(?:\/(.*?))?\/*$/i.exec(uri);
  if (run !== null) {
    return { location: (await tracker.getRun(run[1]!)).info.artifactUri, path: run[2] ?? "" };
  }
  const model = /^models:\/+(?<name>[^/@]+)(?:@(?<alias>[^/]+)|\/(?<version>[^/]+))?(?:\/(?<path>.*?))?\/*$/i
    .exec(uri)
    ?.groups;
  if (model === undefined) return refuseMissing(uri);
  return { location: await locateModel(uri, model, tracker), path: model["path"] ?? "" };
}

async function locateModel(
  uri: string,
  { name, alias, version }: Readonly<Record<string, string | undefined>>,
  tracker: Tracker,
): Promise<string> {
  if (alias !== undefined) {
    return await sourceLocation((await tracker.getModelVersionByAlias(name!, alias)).source, tracker);
  }
  if (version === undefined) {
    return /^m-[0-9a-f]+$/.test(name!)
      ? (await tracker.getLoggedModel(name!)).artifactUri
      : refuseMissing(uri);
  }
  if (/^\d+$/.test(version)) {
    return await sourceLocation((await tracker.getModelVersion(name!, version)).source, tracker);
  }
  // A stage, or the latest of any.
  const { latestVersions } = await tracker.getRegisteredModel(name!);
  const wanted = version.toLowerCase();
  const [newest] = latestVersions.filter(({ stage }) => wanted === "latest" || stage.toLowerCase() === wanted)
    .sort((a, b) => Number(b.version) - Number(a.version));
  return newest === undefined ? refuseMissing(uri) : await sourceLocation(newest.source, tracker);
}

/** Where a version's files are: its source is a folder, `models:/m-…` for a logged model, or `runs:/run/path`. */
export async function sourceLocation(source: string, tracker: Tracker): Promise<string> {
  const logged = /^models:\/(m-[0-9a-f]+)$/.exec(source)?.[1];
  if (logged !== undefined) return (await tracker.getLoggedModel(logged)).artifactUri;
  const run = /^runs:\/([0-9a-f]{32})\/(.+)$/.exec(source);
  if (run !== null) return `${(await tracker.getRun(run[1]!)).info.artifactUri}/${run[2]}`;
  return source;
}

function refuseMissing(uri: string): never {
  throw new TrackingError("RESOURCE_DOES_NOT_EXIST", `No such artifact: '${uri}'`);
}
