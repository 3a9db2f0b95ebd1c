/**
 * The proxy of a step with `net: ["host"]`: its only way out of a closed network, to the hosts it named.
 *
 * HTTP/1.1 with CONNECT for everything but plain HTTP; names are resolved here. Where the step shares this machine's
 * network, it listens on 127.0.0.1 and asks for a password that only the step was told.
 */
import type { Hold, ProxySession, ReachableServer } from "../core/ports/sandbox.ts";
import { makeSocketFolder } from "../core/socket_folder.ts";
import { allowHosts, readAuthority } from "./proxy_hosts.ts";
import { type ProxyRequest, readRequest } from "./proxy_request.ts";
import { splice } from "./splice.ts";
import { writeAll } from "../core/write_all.ts";

/** Where a step with a network of its own finds the proxy. */
const forwarderPort = 7420;
const largestHeadBytes = 65536;
/** How long a client has to take a refusal. */
const refusalMs = 1000;

interface Rules {
  readonly allows: (host: string, port: number) => boolean;
  readonly hosts: readonly string[];
  /** Servers of ours, by their port of 127.0.0.1. */
  readonly servers: ReadonlyMap<number, ReachableServer>;
  /** The value of Proxy-Authorization; undefined where none is asked for. */
  readonly credentials: string | undefined;
  /** Every connection that is open. */
  readonly open: Set<Deno.Conn>;
}

/** `hosts` as in `net`: `host` or `host:port`. Throws STEP_NOT_STARTED for what is neither. */
export function openHostProxy(
  hosts: readonly string[],
  hold: Hold,
  servers: readonly ReachableServer[] = [],
): Promise<ProxySession> {
  const token = crypto.getRandomValues(new Uint8Array(24)).toBase64({ alphabet: "base64url" });
  const rules: Rules = {
    allows: allowHosts(hosts),
    hosts,
    servers: new Map(servers.map((server) => [server.port, server])),
    credentials: hold.hasOwnNetwork ? undefined : `Basic ${btoa(`sluice:${token}`)}`,
    open: new Set(),
  };
  const folder = hold.hasOwnNetwork ? makeSocketFolder() : undefined;
  const path = `${folder?.path}/proxy`;
  const listener = folder === undefined
    ? Deno.listen({ hostname: "127.0.0.1", port: 0 })
    : Deno.listen({ transport: "unix", path });
  const server: ReachableServer = listener.addr.transport === "tcp"
    ? { is: "port", port: listener.addr.port }
    : { is: "socket", port: forwarderPort, path };
  const uri = `http://${hold.hasOwnNetwork ? "" : `sluice:${token}@`}127.0.0.1:${server.port}`;
  accept(listener, rules);
  return Promise.resolve({
    server,
    variables: proxyVariables(uri, hosts),
    close() {
      listener.close();
      rules.open.forEach(close);
      folder?.remove();
    },
  });
}

/** Programs differ in which case they read, and Node in whether it reads any of them. */
function proxyVariables(uri: string, hosts: readonly string[]): Record<string, string> {
  const granted = hosts.map((host) => readAuthority(host)?.host);
  // What is granted of this machine is behind the proxy like all else.
  const direct = ["127.0.0.1", "localhost"].filter((host) => !granted.includes(host)).join(",");
  const variables = { HTTP_PROXY: uri, HTTPS_PROXY: uri, ALL_PROXY: uri, NO_PROXY: direct };
  const small = Object.entries(variables).map(([name, value]) => [name.toLowerCase(), value]);
  return { ...variables, ...Object.fromEntries(small), NODE_USE_ENV_PROXY: "1" };
}

async function accept(listener: Deno.Listener, rules: Rules): Promise<void> {
  for (;;) {
    let client: Deno.Conn;
    try {
      client = await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
      // Too many open files: some will be closed.
      await new Promise((resolve) => setTimeout(resolve, 10));
      continue;
    }
    rules.open.add(client);
    // A client that goes away in the middle of it is no concern of the others.
    serve(client, rules).catch(() => {}).finally(() => {
      close(client);
      rules.open.delete(client);
    });
  }
}

async function serve(client: Deno.Conn, rules: Rules): Promise<void> {
  const read = await readHead(client);
  if (read === undefined) return;
  const request = readRequest(read.head);
  if (request === undefined) {
    return await refuseClient(client, 400, "This proxy serves CONNECT and http:// only");
  }
  if (rules.credentials !== undefined && request.credentials !== rules.credentials) {
    return await refuseClient(client, 407, "This proxy serves one step, which knows its password");
  }
  const to = request.host.includes(":")
    ? `[${request.host}]:${request.port}`
    : `${request.host}:${request.port}`;
  const server = request.host === "127.0.0.1" ? rules.servers.get(request.port) : undefined;
  if (server === undefined && !rules.allows(request.host, request.port)) {
    return await refuseClient(client, 403, `The step may not reach ${to}, only ${rules.hosts.join(", ")}`);
  }
  let origin: Deno.Conn;
  try {
    origin = await dial(request, server);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return await refuseClient(client, 502, `Cannot reach ${to}: ${why}`);
  }
  rules.open.add(origin);
  try {
    if (request.is === "tunnel") {
      await writeAll(client, encode("HTTP/1.1 200 Connection established\r\n\r\n"));
    } else await writeAll(origin, encode(request.head));
    await writeAll(origin, read.rest);
    await splice(client, origin);
  } finally {
    close(origin);
    rules.open.delete(origin);
  }
}

function dial({ host, port }: ProxyRequest, server: ReachableServer | undefined): Promise<Deno.Conn> {
  return server?.is === "socket"
    ? Deno.connect({ transport: "unix", path: server.path })
    : Deno.connect({ hostname: host, port });
}

/** The lines up to the first blank one, one character a byte, and what came after it. */
async function readHead(client: Deno.Conn): Promise<{ head: string; rest: Uint8Array } | undefined> {
  let head = "";
  const buffer = new Uint8Array(16384);
  for (let size = await client.read(buffer); size !== null; size = await client.read(buffer)) {
    const searched = Math.max(0, head.length - 3);
    head += Array.from(buffer.subarray(0, size), (byte) => String.fromCharCode(byte)).join("");
    const end = head.indexOf("\r\n\r\n", searched);
    if (end >= 0) return { head: head.slice(0, end), rest: encode(head.slice(end + 4)) };
    if (head.length > largestHeadBytes) {
      await refuseClient(client, 431, "The head of a request may have 64 KiB");
      return undefined;
    }
  }
  return undefined;
}

/** The sentence is in the first line as well: it is all that many clients show. */
async function refuseClient(client: Deno.Conn, status: number, sentence: string): Promise<void> {
  const line = sentence.replace(/[^ -~]/g, " ");
  const asks = status === 407 ? 'Proxy-Authenticate: Basic realm="sluice"\r\n' : "";
  const head = `HTTP/1.1 ${status} ${line}\r\n${asks}Content-Type: text/plain\r\nConnection: close\r\n` +
    `Content-Length: ${line.length + 1}\r\n\r\n`;
  await writeAll(client, encode(`${head}${line}\n`));
  await client.closeWrite();
  // What is unread when a connection is closed can cost the client the answer.
  const late = setTimeout(() => close(client), refusalMs);
  const buffer = new Uint8Array(65536);
  try {
    while (await client.read(buffer) !== null);
  } finally {
    clearTimeout(late);
  }
}

/** One byte a character. */
const encode = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}
