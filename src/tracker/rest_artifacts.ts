/** Artifacts of runs on an MLflow server: through its proxy, or as files where the location is on this machine. */
import { z } from "zod";
import { refuse } from "../core/error.ts";
import { listOf, optional, present, WireInteger } from "../core/mlflow_scalars.ts";
import type { Artifacts } from "../core/ports.ts";
import { TrackingError } from "../core/tracking.ts";
import type { RestConnection } from "./rest_connection.ts";

const FilesAnswer = z.object({
  files: listOf(
    z.object({ path: z.string(), is_dir: z.boolean().default(false), file_size: optional(WireInteger) }),
  ),
});
const proxy = "/api/2.0/mlflow-artifacts/artifacts";

export function openRestArtifacts(connection: RestConnection): Artifacts {
  const at = (location: string, path: string) =>
    `${proxy}/${[...rootOf(location), ...segmentsOf(path)].map(encodeURIComponent).join("/")}`;

  const artifacts: Artifacts = {
    localFolder: () => undefined,
    async list(location, path) {
      const root = [...rootOf(location), ...segmentsOf(path)].join("/");
      const response = await connection.send(`${proxy}?${new URLSearchParams({ path: root })}`, {
        method: "GET",
      });
      const { files } = FilesAnswer.parse(await response.json());
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
      const response = await connection.send(at(location, path), { method: "PUT", body: content });
      await response.body?.cancel();
    },
    async take(location, path, from) {
      await send(artifacts, location, path, from);
      await Deno.remove(from, { recursive: true });
    },
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
    message: `Cannot use artifacts at \`${location}\` as the server does not pass them on`,
    hint: "Start it with `mlflow server --serve-artifacts` and make a new experiment",
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
