/** The first lines of a request to an HTTP proxy, as RFC 9112 has them. */
import { type Authority, readAuthority } from "./proxy_hosts.ts";

export type ProxyRequest =
  & { readonly host: string; readonly port: number; readonly credentials: string | undefined }
  & (
    | { readonly is: "tunnel" }
    /** What the origin is sent in place of the head that the proxy got. */
    | { readonly is: "forward"; readonly head: string }
  );

/** Not handed on: they are between the client and us, or we write them. */
const ownHeaders = /^(host|connection|keep-alive|upgrade|te|proxy-[a-z-]+)$/;

/** Reads a head without its blank line, one character a byte. Undefined where it is no request that a proxy serves. */
export function readRequest(head: string): ProxyRequest | undefined {
  const [first = "", ...lines] = head.split("\r\n");
  const [, method, target, version] = /^([A-Z]+) (\S+) HTTP\/(1\.[01])$/.exec(first) ?? [];
  // deno-lint-ignore no-control-regex
  const headers = lines.map((line) => /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\r\n\x00]*)$/.exec(line));
  if (method === undefined || target === undefined || version === undefined) return undefined;
  if (headers.includes(null)) return undefined;
  const named = headers.map((match) => ({
    name: match![1]!.toLowerCase(),
    line: match![0],
    value: match![2]!,
  }));
  const credentials = named.find(({ name }) => name === "proxy-authorization")?.value.trim();
  if (method === "CONNECT") {
    const to = readAuthority(target);
    return to?.port === undefined ? undefined : { is: "tunnel", host: to.host, port: to.port, credentials };
  }
  const [, authority, path] = /^http:\/\/([^/?#]*)([^#]*)/i.exec(target) ?? [];
  // A name and password in the address are the client's to send, as a header.
  const to = authority === undefined ? undefined : readAuthority(authority.replace(/^.*@/, ""));
  if (to === undefined) return undefined;
  const origin = path === undefined || path === "" ? "/" : path.startsWith("/") ? path : `/${path}`;
  const written = [
    `${method} ${origin} HTTP/${version}`,
    `Host: ${hostHeader(to)}`,
    ...named.filter(({ name }) => !ownHeaders.test(name)).map(({ line }) => line),
    // One request a connection: the next may be meant for another host.
    "Connection: close",
  ];
  return {
    is: "forward",
    host: to.host,
    port: to.port ?? 80,
    credentials,
    head: `${written.join("\r\n")}\r\n\r\n`,
  };
}

function hostHeader({ host, port }: Authority): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === undefined || port === 80 ? name : `${name}:${port}`;
}
