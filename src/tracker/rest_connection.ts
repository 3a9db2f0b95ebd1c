/** Calls to an MLflow server: credentials, repeats, and its errors as ours. */
import type { z } from "zod";
import { refuse } from "../core/error.ts";
import { mlflowErrorStatus, WireError } from "../core/mlflow_error.ts";
import type { WireObject } from "../core/mlflow_scalars.ts";
import { TrackingError } from "../core/tracking.ts";

export interface RestOptions {
  /** Milliseconds since 1970, UTC. */
  readonly clock: () => number;
  /**
   * MLFLOW_TRACKING_USERNAME with MLFLOW_TRACKING_PASSWORD, else MLFLOW_TRACKING_TOKEN;
   * MLFLOW_TRACKING_SERVER_CERT_PATH, a file of certificates to trust.
   */
  readonly variables?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  /** Waits between repeats. */
  readonly sleep?: (ms: number) => Promise<void>;
}

export interface RestConnection {
  readonly uri: string;
  /** One call below `/api/2.0/mlflow/`. A GET's fields become its query; those that are undefined are left out. */
  call<S extends z.ZodType>(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    fields: WireObject,
    answer: S,
  ): Promise<z.output<S>>;
  /** Page after page of such a call. Throws TRACKER_REFUSED where a server does not come to an end. */
  pages<A extends { readonly next_page_token?: string | undefined }>(
    path: string,
    fields: WireObject,
    answer: z.ZodType<A>,
  ): AsyncGenerator<A>;
  /** The JSON of an answer to `path`. Throws TRACKER_REFUSED where it is none, or another. */
  read<S extends z.ZodType>(path: string, response: Response, answer: S): Promise<z.output<S>>;
  /** One call at any path below the server's address; the answer is one that does not refuse. */
  send(path: string, init: RequestInit): Promise<Response>;
  close(): void;
}

const repeatedStatuses = new Set([429, 502, 503, 504]);
const waitsMs = [250, 1_000, 4_000];
const timeoutMs = 60_000;

/** `uri` is `http(s)://host:port` with an optional path. Nothing is sent yet. */
export function openRestConnection(uri: string, options: RestOptions): RestConnection {
  const { base, authorization } = readAddress(uri, options.variables ?? {});
  const client = openClient(options.variables ?? {});
  const send = options.fetch ?? fetch;
  const sleep = options.sleep ?? ((ms) => new Promise((done) => setTimeout(done, ms)));

  async function attempt(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (authorization !== undefined) headers.set("authorization", authorization);
    const limit = init.body instanceof ReadableStream ? {} : { signal: AbortSignal.timeout(timeoutMs) };
    return await send(`${base}${path}`, {
      ...init,
      ...limit,
      headers,
      redirect: "manual",
      ...(client === undefined ? {} : { client }),
    });
  }

  async function request(path: string, init: RequestInit): Promise<Response> {
    // A stream is read once, and what makes a thing would make it twice.
    const isRepeatable = !(init.body instanceof ReadableStream);
    const mayRepeatLost = isRepeatable && !path.endsWith("/create") && !path.endsWith("/logged-models");
    for (let count = 0;; count++) {
      const wait = waitsMs[count];
      try {
        const response = await attempt(path, init);
        if (!isRepeatable || wait === undefined || !repeatedStatuses.has(response.status)) return response;
        await response.body?.cancel();
        await sleep(retryAfterMs(response) ?? wait);
      } catch (error) {
        if (!mayRepeatLost || count >= 2 || wait === undefined) return refuseUnreachable(base, error);
        await sleep(wait);
      }
    }
  }

  const connection: RestConnection = {
    uri: base,
    async send(path, init) {
      const response = await request(path, init);
      return response.ok ? response : await refuseAnswer(base, response);
    },
    async call(method, path, fields, answer) {
      const response = await connection.send(
        `/api/2.0/mlflow/${path}${method === "GET" ? queryOf(fields) : ""}`,
        method === "GET" ? { method } : {
          method,
          body: JSON.stringify(fields),
          headers: { "content-type": "application/json" },
        },
      );
      return await connection.read(path, response, answer);
    },
    async read(path, response, answer) {
      const parsed = answer.safeParse(await readJson(response));
      if (!parsed.success) return refuseForeign(base, `\`${path}\` is not answered as MLflow answers it`);
      return parsed.data;
    },
    async *pages(path, fields, answer) {
      let token: string | undefined;
      do {
        const page = await connection.call("POST", path, { ...fields, page_token: token }, answer);
        yield page;
        // An empty token is the end, as none is.
        const next = page.next_page_token || undefined;
        if (next !== undefined && next === token) refuseRepeated(base, path);
        token = next;
      } while (token !== undefined);
    },
    close: () => client?.close(),
  };
  return connection;
}

function readAddress(uri: string, variables: Readonly<Record<string, string>>) {
  const refuseAddress = (): never =>
    refuse({
      code: "TRACKER_URI_UNSUPPORTED",
      message: `Cannot log to \`${uri}\` as it is no address`,
      hint: "Use `http://host:port`",
    });
  const decoded = (text: string): string => {
    try {
      return decodeURIComponent(text);
    } catch {
      return refuseAddress();
    }
  };
  const address = URL.canParse(uri) ? new URL(uri) : refuseAddress();
  const { MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN } = variables;
  const user = MLFLOW_TRACKING_USERNAME || decoded(address.username);
  const password = MLFLOW_TRACKING_PASSWORD || decoded(address.password);
  address.username =
    address.password =
    address.search =
    address.hash =
      "";
  const authorization = user !== "" && password !== ""
    ? `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`
    : MLFLOW_TRACKING_TOKEN
    ? `Bearer ${MLFLOW_TRACKING_TOKEN}`
    : undefined;
  return { base: address.href.replace(/\/+$/, ""), authorization };
}

function openClient(variables: Readonly<Record<string, string>>): Deno.HttpClient | undefined {
  const path = variables["MLFLOW_TRACKING_SERVER_CERT_PATH"];
  if (path === undefined || path === "") return undefined;
  try {
    return Deno.createHttpClient({ caCerts: [Deno.readTextFileSync(path)] });
  } catch (error) {
    return refuse({
      code: "TRACKER_UNREACHABLE",
      message: `Cannot read the certificates at \`${path}\``,
      hint: "Let MLFLOW_TRACKING_SERVER_CERT_PATH name a PEM file",
      details: String(error),
    });
  }
}

function queryOf(fields: WireObject): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? "" : `?${query}`;
}

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? "");
  return seconds > 0 && seconds <= 10 ? seconds * 1000 : undefined;
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An MLflow error becomes a `TrackingError`; anything else says that this is no MLflow server for us. */
async function refuseAnswer(base: string, response: Response): Promise<never> {
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  const error = WireError.safeParse(body);
  const code = error.data?.error_code;
  if (code !== undefined && isTrackingCode(code)) throw new TrackingError(code, error.data?.message ?? "");
  if (response.status === 401 || response.status === 403) {
    return refuse({
      code: "TRACKER_REFUSED",
      message: `Cannot log to \`${base}\` as the server wants other credentials`,
      hint: "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
      details: text.slice(0, 500),
    });
  }
  return refuseForeign(base, `it answers with status ${response.status}`, text.slice(0, 500));
}

type TrackingCode = TrackingError["code"];
const isTrackingCode = (code: string): code is TrackingCode =>
  Object.hasOwn(mlflowErrorStatus, code) && code !== "NOT_IMPLEMENTED" && code !== "UNAUTHENTICATED";

/** For a page that names itself as the next one. */
export const refuseRepeated = (base: string, path: string): never =>
  refuseForeign(base, `\`${path}\` is answered with the same page again and again`);

function refuseForeign(base: string, why: string, details?: string): never {
  return refuse({
    code: "TRACKER_REFUSED",
    message: `Cannot use \`${base}\` as a tracker as ${why}`,
    hint: "Give the address of an MLflow server, 3.0 or newer",
    ...(details === undefined || details.trim() === "" ? {} : { details }),
  });
}

function refuseUnreachable(base: string, error: unknown): never {
  if (!(error instanceof Error)) throw error;
  const isLate = error.name === "TimeoutError";
  const details = [error.message, ...(error.cause instanceof Error ? [error.cause.message] : [])].join("\n");
  return refuse({
    code: "TRACKER_UNREACHABLE",
    message: isLate
      ? `Cannot log to \`${base}\` as it did not answer within ${timeoutMs / 1000} s`
      : `Cannot log to \`${base}\` as no MLflow server answers there`,
    hint: /certificate/i.test(details)
      ? "Let MLFLOW_TRACKING_SERVER_CERT_PATH name a PEM file with its certificate"
      : "Start it with `mlflow server`, or unset MLFLOW_TRACKING_URI to log to a file",
    details,
  });
}
