/**
 * Artifacts of runs on an MLflow server: through its proxy, or as files where the location is on this machine.
 *
 * A server that passes no artifacts on gives its own paths. They are ours as well where it runs on this machine, or
 * where their folder is here already, as on a disk that both share.
 */
import { accessSync, constants } from "node:fs";
import { z } from "zod";
import { refuse } from "../core/error.ts";
import { listOf, optional, present, WireInteger } from "../core/mlflow_scalars.ts";
import type { Artifacts } from "../core/ports/tracker.ts";
import { TrackingError } from "../core/tracking.ts";
import { localFolder } from "./artifact_location.ts";
import { openLocalArtifacts } from "./local_artifacts.ts";
import type { RestConnection } from "./rest_connection.ts";

const FilesAnswer = z.object({
  files: listOf(
    z.object({ path: z.string(), is_dir: z.boolean().default(false), file_size: optional(WireInteger) }),
  ),
});
const proxy = "/api/2.0/mlflow-artifacts/artifacts";

/**
 * By MLflow's artifact proxy, or in folders of this machine that the server names. Throws `TrackingError` as the
 * server refuses.
 */
export function openRestArtifacts(connection: RestConnection): Artifacts {
  const proxied = openProxiedArtifacts(connection);
  const local = openLocalArtifacts("/");
  const isNear = isThisMachine(connection.uri);
  const findFolder = (location: string): string | undefined => {
    const folder = /^(?:\/|file:)/.test(location) ? localFolder(location, "/") : undefined;
    return folder !== undefined && (isNear || isWritableFolder(folder)) ? folder : undefined;
  };
  const choose = (location: string): Artifacts => findFolder(location) === undefined ? proxied : local;
  return {
    localFolder: findFolder,
    list: (location, path) => choose(location).list(location, path),
    read: (location, path) => choose(location).read(location, path),
    write: (location, path, content) => choose(location).write(location, path, content),
    take: (location, path, from) => choose(location).take(location, path, from),
    secure: (location, paths) => choose(location).secure(location, paths),
  };
}

function isThisMachine(uri: string): boolean {
  const { hostname } = new URL(uri);
  return hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
}

function isWritableFolder(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function openProxiedArtifacts(connection: RestConnection): Artifacts {
  const at = (location: string, path: string) =>
    `${proxy}/${[...rootOf(location), ...segmentsOf(path)].map(encodeURIComponent).join("/")}`;

  const artifacts: Artifacts = {
    localFolder: () => undefined,
    async list(location, path) {
      const root = [...rootOf(location), ...segmentsOf(path)].join("/");
      const response = await connection.send(`${proxy}?${new URLSearchParams({ path: root })}`, {
        method: "GET",
      });
      const { files } = await connection.read("mlflow-artifacts/artifacts", response, FilesAnswer);
      const before = segmentsOf(path).map((segment) => `${segment}/`).join("");
      return files.map((file) =>
        present({ path: `${before}${file.path}`, isFolder: file.is_dir, sizeBytes: file.file_size })
      );
    },
    async read(location, path) {
      const response = await connection.send(at(location, path), { method: "GET" });
      return response.body ?? new Blob().stream();
    },
    async write(location, path, content) {
      const body = content instanceof ReadableStream ? content : ReadableStream.from(content);
      const response = await connection.send(at(location, path), { method: "PUT", body });
      await response.body?.cancel();
    },
    async take(location, path, from) {
      await send(artifacts, location, path, from);
      await Deno.remove(from, { recursive: true });
    },
    // The server answers when it has them.
    secure: () => Promise.resolve(),
  };
  return artifacts;
}

async function send(artifacts: Artifacts, location: string, path: string, from: string): Promise<void> {
  const info = await Deno.lstat(from);
  if (info.isFile) {
    const file = await Deno.open(from);
    await artifacts.write(location, path, file.readable);
  } else if (info.isDirectory) {
    for await (const entry of Deno.readDir(from)) {
      await send(artifacts, location, `${path}/${entry.name}`, `${from}/${entry.name}`);
    }
  }
}

/** The first segments of a proxied location. Throws TRACKER_URI_UNSUPPORTED for storage that only MLflow can reach. */
function rootOf(location: string): readonly string[] {
  const path = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/.exec(location)?.[1];
  if (path !== undefined) return path.split("/").filter((segment) => segment !== "");
  return refuse({
    code: "TRACKER_URI_UNSUPPORTED",
    message:
      `Cannot use artifacts at \`${location}\` as the server does not pass them on and they are not here`,
    hint: "Start it with `mlflow server --serve-artifacts` and use a new experiment",
  });
}

/** Throws INVALID_PARAMETER_VALUE for a path that leaves its location. */
function segmentsOf(path: string): readonly string[] {
  if (path === "") return [];
  const segments = path.split("/");
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
    throw new TrackingError("INVALID_PARAMETER_VALUE", `Invalid path: '${path}'`);
  }
  return segments;
}
