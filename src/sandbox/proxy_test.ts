import assert from "node:assert/strict";
import type { Hold, ReachableServer } from "../core/ports/sandbox.ts";
import { openHostProxy } from "./proxy.ts";
import { allowHosts } from "./proxy_hosts.ts";
import { readRequest } from "./proxy_request.ts";

const shared: Hold = { tier: "landlock", hasOwnNetwork: false };
const closed: Hold = { tier: "bubblewrap", hasOwnNetwork: true };

for (
  const [name, rule, target, isAllowed] of [
    ["any port of a host", "api.example.com", "api.example.com:8443", true],
    ["the port that is named", "api.example.com:443", "api.example.com:443", true],
    ["no other port", "api.example.com:443", "api.example.com:80", false],
    ["whatever its case", "API.example.com", "api.EXAMPLE.com:443", true],
    ["with the dot of a full name", "api.example.com", "api.example.com.:443", true],
    ["no name with an empty part", "example.com", "example.com..:443", false],
    ["no name of 100,000 dots", "example.com", `example.com${".".repeat(100_000)}x:443`, false],
    ["no host below it", "example.com", "api.example.com:443", false],
    ["no host that ends like it", "example.com", "badexample.com:443", false],
    ["no host that begins like it", "example.com", "example.com.evil.org:443", false],
    ["no name before an @", "example.com", "example.com@evil.org:443", false],
    ["no name after an @", "example.com", "evil.org@example.com:443", false],
    ["no name with a fragment", "example.com", "evil.org#example.com:443", false],
    ["no encoded name", "example.com", "example%2ecom:443", false],
    ["an IPv6 address in brackets", "[::1]:8080", "[::1]:8080", true],
    ["an IPv6 address without", "::1", "[0:0:0:0:0:0:0:1]:80", true],
    ["an IPv4 address however it is written", "127.0.0.1", "0x7f.1:80", true],
    ["no IPv4 address as IPv6", "127.0.0.1", "[::ffff:127.0.0.1]:80", false],
    ["no name for an address", "127.0.0.1", "localhost:80", false],
    ["an international name", "bücher.example", "xn--bcher-kva.example:443", true],
    ["no port that is none", "example.com", "example.com:0", false],
  ] as const
) {
  Deno.test(`openHostProxy() lets through ${name}`, () => {
    const request = readRequest(`CONNECT ${target} HTTP/1.1`);
    assert.equal(request !== undefined && allowHosts([rule])(request.host, request.port), isAllowed);
  });
}

for (
  const host of ["*.example.com", "https://example.com", "example.com/path", "", "a b", "example.com:99999"]
) {
  Deno.test(`openHostProxy() refuses to grant \`${host}\``, () => {
    assert.throws(() => allowHosts([host]), /STEP_NOT_STARTED/);
  });
}

for (
  const [name, head, sent] of [
    [
      "sends the origin a path",
      "GET http://a.org:81/x?y#z HTTP/1.1\r\nAccept: */*",
      "GET /x?y HTTP/1.1|Host: a.org:81|Accept: */*|Connection: close",
    ],
    [
      "keeps its password to itself",
      "GET http://u:p@a.org HTTP/1.1\r\nProxy-Authorization: Basic x",
      "GET / HTTP/1.1|Host: a.org|Connection: close",
    ],
    [
      "believes the address, not the header",
      "GET http://a.org/ HTTP/1.0\r\nHost: b.org\r\nConnection: keep-alive",
      "GET / HTTP/1.0|Host: a.org|Connection: close",
    ],
    ["serves no other scheme", "GET ftp://a.org/ HTTP/1.1", undefined],
    ["serves no path alone", "GET /x HTTP/1.1\r\nHost: a.org", undefined],
    ["takes no folded header", "GET http://a.org/ HTTP/1.1\r\nX: y\r\n z", undefined],
    ["takes no bare line feed", "GET http://a.org/ HTTP/1.1\r\nX: y\nHost: b.org", undefined],
    ["takes no space before a colon", "GET http://a.org/ HTTP/1.1\r\nHost : b.org", undefined],
    ["needs a port to connect to", "CONNECT a.org HTTP/1.1", undefined],
  ] as const
) {
  Deno.test(`openHostProxy() ${name}`, () => {
    const request = readRequest(head);
    const found = request?.is === "forward" ? request.head.trimEnd().replaceAll("\r\n", "|") : undefined;
    assert.equal(found, sent);
  });
}

Deno.test("openHostProxy() leads a program to the hosts that are named, and to no other", async () => {
  await using origin = openOrigin();
  const session = await openHostProxy([`127.0.0.1:${origin.port}`], shared);
  const program = `
for (const at of ["127.0.0.1:${origin.port}", "127.0.0.2:${origin.port}", "other.example"]) {
  const answer = await fetch("http://" + at + "/path", { method: "POST", body: "x".repeat(100000) });
  console.log(answer.status, (await answer.text()).trim());
}`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net", "--no-config", `data:text/javascript,${encodeURIComponent(program)}`],
    env: { HOME: Deno.env.get("HOME") ?? "/", ...session.variables },
    clearEnv: true,
  }).output();
  session.close();
  assert.deepEqual(
    new TextDecoder().decode(stdout).trimEnd().split("\n"),
    [
      `200 POST /path 127.0.0.1:${origin.port} 100000 none`,
      `403 The step may not reach 127.0.0.2:${origin.port}, only 127.0.0.1:${origin.port}`,
      `403 The step may not reach other.example:80, only 127.0.0.1:${origin.port}`,
    ],
    new TextDecoder().decode(stderr),
  );
});

Deno.test("openHostProxy() listens on a socket for a step with a network of its own, and passes tunnels on", async () => {
  await using origin = openOrigin();
  const session = await openHostProxy(["localhost", "127.0.0.1"], closed);
  assert.equal(session.variables["NO_PROXY"], "");
  const answer = await ask(
    session.server,
    `CONNECT 127.0.0.1:${origin.port} HTTP/1.1\r\n\r\nGET /in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  );
  assert.match(answer, /^HTTP\/1\.1 200 Connection established\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  assert.match(answer, /GET \/in x 0 none/);
  session.close();
  const { path } = session.server as Extract<ReachableServer, { is: "socket" }>;
  await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("openHostProxy() asks for its password where others share the network", async () => {
  const session = await openHostProxy(["127.0.0.1"], shared);
  assert.match(
    await ask(session.server, "GET http://127.0.0.1:1/ HTTP/1.1\r\n\r\n"),
    /^HTTP\/1\.1 407 .*step/,
  );
  session.close();
});

Deno.test("openHostProxy() says what it cannot reach, and leads to our own servers by their port", async () => {
  await using own = openOrigin();
  const servers: ReachableServer[] = [{ is: "port", port: own.port }];
  const session = await openHostProxy(["127.0.0.1:1"], closed, servers);
  assert.match(
    await ask(session.server, "GET http://127.0.0.1:1/ HTTP/1.1\r\n\r\n"),
    /^HTTP\/1\.1 502 Cannot reach 127\.0\.0\.1:1: /,
  );
  assert.match(
    await ask(session.server, `GET http://127.0.0.1:${own.port}/own HTTP/1.1\r\n\r\n`),
    /GET \/own/,
  );
  session.close();
});

Deno.test("openHostProxy() ends a head that never ends", async () => {
  const session = await openHostProxy(["127.0.0.1"], closed);
  const head = `GET http://127.0.0.1/ HTTP/1.1\r\nX: ${"x".repeat(100_000)}`;
  assert.match(await ask(session.server, head), /^HTTP\/1\.1 431 /);
  session.close();
});

function openOrigin() {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const { headers } = request;
    const size = (await request.arrayBuffer()).byteLength;
    return new Response(
      `${request.method} ${pathname} ${headers.get("host")} ${size} ${
        headers.get("proxy-authorization") ?? "none"
      }`,
    );
  });
  return { port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** All that the proxy answers to these bytes. */
async function ask(server: ReachableServer, bytes: string): Promise<string> {
  using connection = server.is === "socket"
    ? await Deno.connect({ transport: "unix", path: server.path })
    : await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await connection.write(new TextEncoder().encode(bytes));
  const buffer = new Uint8Array(65536);
  let answer = "";
  for (let size = await connection.read(buffer); size !== null; size = await connection.read(buffer)) {
    answer += new TextDecoder().decode(buffer.subarray(0, size));
  }
  return answer;
}
