/** One call of a client: whose it is, which endpoint it means, what it is answered. */
import { answerError, answerFailure, answerJson } from "./answer.ts";
import { answerArtifactCall, artifactEndpoints } from "./artifact_calls.ts";
import { type Desk, type Endpoint, matchEndpoint } from "./endpoint.ts";
import { experimentEndpoints } from "./experiment_endpoints.ts";
import { modelEndpoints } from "./model_endpoints.ts";
import { BodyTooLarge, largestJsonBytes, readJsonObject } from "./request_body.ts";
import { registryEndpoints } from "./registry_endpoints.ts";
import { requestSegments } from "./request_path.ts";
import { runEndpoints } from "./run_endpoints.ts";
import { searchEndpoints } from "./search_endpoints.ts";

const endpoints: readonly Endpoint[] = [
  ...runEndpoints,
  ...experimentEndpoints,
  ...modelEndpoints,
  ...registryEndpoints,
  ...searchEndpoints,
  ...artifactEndpoints,
];

/** Answers one call. Desks are found by the first segment of the path; never rejects. */
export async function answerRequest(
  request: Request,
  desks: ReadonlyMap<string, Desk>,
  onBug: (error: unknown) => void,
): Promise<Response> {
  try {
    return await answer(request, desks);
  } catch (error) {
    return answerFailure(error, onBug);
  }
}

async function answer(request: Request, desks: ReadonlyMap<string, Desk>): Promise<Response> {
  const [token = "", api, version, room, ...path] = requestSegments(request.url);
  const desk = desks.get(token);
  if (desk === undefined) {
    return answerError("UNAUTHENTICATED", "This server answers only the steps that are running");
  }
  const query = new URLSearchParams(/\?([^#]*)/.exec(request.url)?.[1] ?? "");
  if (api === "api" && version === "2.0" && room === "mlflow-artifacts") {
    return await answerArtifactCall(request, path, query, desk);
  }
  if (api === "api" && version === "2.0" && room === "mlflow") {
    return await answerCall(request, path, query, desk);
  }
  if (request.method === "GET" && [api, version, room, ...path].join("/") === "api/3.0/mlflow/server-info") {
    return answerJson({ multipart_uploads_enabled: false, multipart_downloads_enabled: false });
  }
  if (api === "health") return new Response("OK");
  return unknownEndpoint(request.method, [api, version, room, ...path].filter((part) => part !== undefined));
}

async function answerCall(
  request: Request,
  path: readonly string[],
  query: URLSearchParams,
  desk: Desk,
): Promise<Response> {
  const match = matchEndpoint(endpoints, request.method, path);
  if (match.is === "unknown") return unknownEndpoint(request.method, ["api/2.0/mlflow", ...path]);
  if (match.is === "other-method") {
    return answerError("BAD_REQUEST", `Method ${request.method} is not allowed for '${path.join("/")}'`, 405);
  }
  try {
    const body = request.method === "GET" ? Object.fromEntries(query) : await readJsonObject(request);
    return answerJson(await match.endpoint.answer({ ...body, ...match.parameters }, desk));
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error;
    return answerError("BAD_REQUEST", `The request's body is larger than ${largestJsonBytes} bytes`, 413);
  }
}

function unknownEndpoint(method: string, path: readonly string[]): Response {
  const name = `${method} /${path.join("/").slice(0, 200)}`;
  return answerError("ENDPOINT_NOT_FOUND", `The server of this run does not offer '${name}'`);
}
