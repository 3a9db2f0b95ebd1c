/** Artifacts: files of the session's runs and models, listed, and streamed to and from the tracker. */
import { z } from "zod";
import type { WireObject } from "../core/mlflow_scalars.ts";
import { optional } from "../core/mlflow_scalars.ts";
import type { ArtifactInfo } from "../core/tracking.ts";
import { TrackingError } from "../core/tracking.ts";
import { answerError, answerJson } from "./answer.ts";
import { locate, parseArtifactPath, viewRunInfo } from "./client_view.ts";
import { type Desk, type Endpoint, endpoint } from "./endpoint.ts";
import { readParts } from "./request_body.ts";
import { requireSafeSegments } from "./request_path.ts";

/** The text by which MLflow's client knows to send the file whole. */
const multipartRefusal = "Multipart upload is not supported for the current artifact repository";
const presignedRefusal = "Multipart download is not supported for the current artifact repository";

/** The older call, which names a run; MLflow's own client asks the proxy instead. */
export const artifactEndpoints: readonly Endpoint[] = [
  endpoint(
    "GET",
    "artifacts/list",
    z.object({ run_id: optional(z.string()), run_uuid: optional(z.string()), path: optional(z.string()) }),
    async (given, { tracker, scope }) => {
      const id = given.run_id ?? given.run_uuid ?? "";
      const path = (given.path ?? "").split("/").filter((part) => part !== "");
      requireSafeSegments(path);
      const location = await locate({ is: "run", id }, "read", tracker, scope);
      const { info } = await tracker.getRun(id);
      const files = await tracker.artifacts.list(location, path.join("/"));
      return {
        root_uri: viewRunInfo(info).artifactUri,
        files: files.map((file) => viewFile(file, file.path)),
      };
    },
  ),
];

/** Answers `/api/2.0/mlflow-artifacts/<call>/<path>`; `path` holds decoded segments. */
export async function answerArtifactCall(
  request: Request,
  path: readonly string[],
  query: URLSearchParams,
  desk: Desk,
): Promise<Response> {
  const [call, ...rest] = path;
  if (call === "mpu") return answerError("NOT_IMPLEMENTED", multipartRefusal);
  if (call === "presigned") return answerError("NOT_IMPLEMENTED", presignedRefusal);
  if (call !== "artifacts") return answerError("ENDPOINT_NOT_FOUND", "There is no such artifact call");
  switch (request.method) {
    case "GET":
      return rest.length === 0 ? await list(query, desk) : await read(rest, desk);
    case "PUT":
      return await write(rest, request, desk);
    default:
      return answerError("BAD_REQUEST", `Cannot ${request.method} an artifact`, 405);
  }
}

async function list(query: URLSearchParams, { tracker, scope }: Desk): Promise<Response> {
  const segments = (query.get("path") ?? "").split("/").filter((part) => part !== "");
  requireSafeSegments(segments);
  const { owner, path } = parseArtifactPath(segments);
  const location = await locate(owner, "read", tracker, scope);
  const files = await tracker.artifacts.list(location, path.join("/"));
  return answerJson({
    files: files.map((file) => viewFile(file, file.path.slice(file.path.lastIndexOf("/") + 1))),
  });
}

const viewFile = (file: ArtifactInfo, path: string): WireObject => ({
  path,
  is_dir: file.isFolder,
  file_size: file.sizeBytes,
});

async function read(segments: readonly string[], { tracker, scope }: Desk): Promise<Response> {
  const { owner, path } = parseFile(segments);
  const location = await locate(owner, "read", tracker, scope);
  const content = await tracker.artifacts.read(location, path);
  return new Response(content, { headers: { "content-type": "application/octet-stream" } });
}

async function write(
  segments: readonly string[],
  request: Request,
  { tracker, scope }: Desk,
): Promise<Response> {
  const { owner, path } = parseFile(segments);
  const location = await locate(owner, "write", tracker, scope);
  await tracker.artifacts.write(location, path, readParts(request));
  return answerJson({});
}

function parseFile(segments: readonly string[]) {
  requireSafeSegments(segments);
  const { owner, path } = parseArtifactPath(segments);
  if (path.length === 0) {
    throw new TrackingError("INVALID_PARAMETER_VALUE", "Invalid path: it names no file");
  }
  return { owner, path: path.join("/") };
}
