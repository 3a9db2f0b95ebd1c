/** Copies the artifacts of a run or model from one store to another, each file checked when it is there. */
import { join } from "node:path";
import { refuse } from "../core/error.ts";
import { walkTree } from "../core/file_tree.ts";
import type { RunSource, RunTarget } from "../core/ports/moved_runs.ts";
import type { Artifacts } from "../core/ports/tracker.ts";
import { openSha256 } from "../core/sha256.ts";
import { TrackingError } from "../core/tracking.ts";

/** Files that were written, and their bytes; those that were there already count nothing. */
export interface Copied {
  readonly files: number;
  readonly bytes: number;
}

/** Throws RUNS_UNREADABLE for a link among them, and where a file is not the same after it was copied. */
export async function copyArtifacts(
  source: RunSource,
  from: string,
  target: RunTarget,
  to: string,
): Promise<Copied> {
  let [files, bytes] = [0, 0];
  const there = new Map<string, ReadonlySet<string>>();
  for await (const path of artifactPaths(source.artifacts, from)) {
    const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
    if (!there.has(folder)) there.set(folder, await filesIn(target.artifacts, to, folder));
    const isThere = there.get(folder)!.has(path) &&
      await digestOf(source.artifacts, from, path) === await digestOf(target.artifacts, to, path);
    if (isThere) continue;
    const digest = openSha256();
    const content = async function* () {
      for await (const piece of await source.artifacts.read(from, path)) {
        digest.update(piece);
        bytes += piece.length;
        yield piece;
      }
    };
    await target.artifacts.write(to, path, content());
    await checkCopy(target, to, path, digest.hex());
    files++;
  }
  return { files, bytes };
}

/** Files below a location. Throws RUNS_UNREADABLE for what is neither a file nor a folder. */
export async function* artifactPaths(artifacts: Artifacts, location: string): AsyncGenerator<string> {
  const folder = artifacts.localFolder(location);
  if (folder !== undefined) {
    if ((await Deno.lstat(folder).catch(() => undefined)) === undefined) return;
    for (const { path, is } of walkTree(folder)) {
      if (is === "file") yield path;
      else if (is !== "folder") refuseLink(join(folder, path));
    }
    return;
  }
  const open = [""];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const { path, isFolder } of await artifacts.list(location, at)) {
      if (isFolder) open.push(path);
      else yield path;
    }
  }
}

function refuseLink(path: string): never {
  return refuse({
    code: "RUNS_UNREADABLE",
    message: `Cannot copy the artifact \`${path}\` as it is neither a file nor a folder, but a link or such`,
    hint: "Put the file itself in its place, or remove it",
  });
}

async function filesIn(
  artifacts: Artifacts,
  location: string,
  folder: string,
): Promise<ReadonlySet<string>> {
  try {
    const listed = await artifacts.list(location, folder);
    return new Set(listed.filter(({ isFolder }) => !isFolder).map(({ path }) => path));
  } catch (error) {
    if (error instanceof TrackingError && error.code === "RESOURCE_DOES_NOT_EXIST") return new Set();
    throw error;
  }
}

async function digestOf(artifacts: Artifacts, location: string, path: string): Promise<string> {
  const digest = openSha256();
  for await (const piece of await artifacts.read(location, path)) digest.update(piece);
  return digest.hex();
}

async function checkCopy(target: RunTarget, to: string, path: string, digest: string): Promise<void> {
  if (await digestOf(target.artifacts, to, path) === digest) return;
  refuse({
    code: "RUNS_UNREADABLE",
    message: `Cannot copy the artifact \`${path}\` to ${to} as what arrived is not what was read`,
    hint: "Look whether the disk is sound and nobody writes there, and do it again",
  });
}
