/** One call of MLflow's REST: its method, its path, the shape of what is asked, and what is answered. */
import type { z } from "zod";
import type { WireObject } from "../core/mlflow_scalars.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import type { Scope } from "./scope.ts";

/** What an endpoint works with. */
export interface Desk {
  readonly tracker: Tracker;
  readonly scope: Scope;
  /** Milliseconds since 1970, UTC. */
  readonly clock: () => number;
  /** A point was logged to the session's own run. */
  readonly onMetric: (runId: string, key: string, value: number, step: number) => void;
}

export interface Endpoint {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Segments after `/api/2.0/mlflow/`; one in braces is a parameter. */
  readonly path: readonly string[];
  /** Body, query and path parameters are one object. Throws what its schema or the tracker refuses. */
  readonly answer: (given: Readonly<Record<string, unknown>>, desk: Desk) => Promise<WireObject>;
}

/** An endpoint whose request is parsed by `schema`; unknown fields are ignored, as MLflow does. */
export function endpoint<S extends z.ZodType>(
  method: Endpoint["method"],
  path: string,
  schema: S,
  answer: (given: z.output<S>, desk: Desk) => Promise<WireObject>,
): Endpoint {
  return {
    method,
    path: path.split("/"),
    answer: (given, desk) => answer(schema.parse(given), desk),
  };
}

export type Match =
  | {
    readonly is: "found";
    readonly endpoint: Endpoint;
    readonly parameters: Readonly<Record<string, string>>;
  }
  /** There is the path, but not for this method. */
  | { readonly is: "other-method" }
  | { readonly is: "unknown" };

/** `path` holds decoded segments. */
export function matchEndpoint(
  endpoints: readonly Endpoint[],
  method: string,
  path: readonly string[],
): Match {
  let isKnown = false;
  for (const endpoint of endpoints) {
    const parameters = matchPath(endpoint.path, path);
    if (parameters === undefined) continue;
    if (endpoint.method === method) return { is: "found", endpoint, parameters };
    isKnown = true;
  }
  return isKnown ? { is: "other-method" } : { is: "unknown" };
}

function matchPath(
  pattern: readonly string[],
  path: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (pattern.length !== path.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const given = path[index] ?? "";
    if (part.startsWith("{")) parameters[part.slice(1, -1)] = given;
    else if (part !== given) return undefined;
  }
  return parameters;
}
