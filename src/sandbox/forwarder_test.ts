import assert from "node:assert/strict";
import { join } from "node:path";
import type { ReachableServer } from "../core/ports/sandbox.ts";
import { withForwarder } from "./forwarder_arguments.ts";

const deno = Deno.execPath();

Deno.test("withForwarder() changes nothing where no server is behind a socket", () => {
  const argv = ["python", "train.py"] as const;
  assert.equal(withForwarder(argv, [], [deno], undefined), argv);
  assert.equal(withForwarder(argv, [{ is: "port", port: 80 }], [deno], undefined), argv);
});

for (
  const [name, argv, stdin, expected] of [
    ["its standard input and output", ["sh", "-c", "cat; echo error >&2"], "given", "0|given|error\n"],
    ["its exit code", ["sh", "-c", "exit 7"], "", "7||"],
    ["its signal, as a shell tells it", ["sh", "-c", "kill -KILL $$"], "", "137||"],
    [
      "its words, whatever is in them",
      ["printf", "%s,", "a b", "", "$HOME", "é", "-n"],
      "",
      "0|a b,,$HOME,é,-n,|",
    ],
    [
      "a program that is not there",
      ["no-such-program"],
      "",
      "1||bwrap: Failed to spawn 'no-such-program': entity not found\n",
    ],
  ] as const
) {
  Deno.test(`the forwarder gives ${name}`, async () => {
    await using place = await openPlace();
    const { code, stdout, stderr } = await place.run(argv, stdin);
    assert.equal(`${code}|${stdout}|${stderr}`, expected);
  });
}

Deno.test("the forwarder gives a program its variables as they were, and leaves no file", async () => {
  await using place = await openPlace({ DENO_DIR: "/somewhere" });
  const { stdout } = await place.run(["env"]);
  assert.deepEqual(stdout.trimEnd().split("\n").sort(), [
    "DENO_DIR=/somewhere",
    `HOME=${place.folder}`,
    "PATH=/usr/bin:/bin",
  ]);
  await using other = await openPlace();
  assert.doesNotMatch((await other.run(["env"])).stdout, /DENO/);
  assert.deepEqual(Array.from(Deno.readDirSync(other.folder), ({ name }) => name), ["socket"]);
});

Deno.test("the forwarder leaves a signal to the program", async () => {
  await using place = await openPlace();
  const script = "trap 'echo asked; exit 5' TERM; echo ready; while :; do sleep 0.05; done";
  const child = place.start(["sh", "-c", script]);
  await child.stdin.close();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, "ready\n");
  Deno.kill(-child.pid, "SIGTERM");
  assert.equal((await reader.read()).value, "asked\n");
  assert.equal((await reader.read()).done, true);
  await child.stderr.cancel();
  assert.equal((await child.status).code, 5);
});

Deno.test("the forwarder passes on fifty connections at once, and each way's end by itself", async () => {
  await using place = await openPlace();
  const child = place.start(["sleep", "60"]);
  const first = await connect(place.port);
  first.close();
  const sizes = await Promise.all(Array.from({ length: 50 }, async (_, index) => {
    const connection = await connect(place.port);
    const bytes = new Uint8Array(100_000 + index).fill(index);
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    await connection.closeWrite();
    // The other side answers when it has all of it.
    const answer = await new Response(connection.readable).text();
    return answer === `${bytes.length} of ${index}`;
  }));
  assert.deepEqual(sizes, Array(50).fill(true));
  Deno.kill(-child.pid, "SIGKILL");
  await Promise.all([child.stdin.close(), child.stdout.cancel(), child.stderr.cancel(), child.status]);
});

Deno.test("the forwarder waits with a sender until the other side reads", async () => {
  await using place = await openPlace();
  place.isReading = false;
  const child = place.start(["sleep", "60"]);
  const connection = await connect(place.port);
  let sent = 0;
  const sending = (async () => {
    const bytes = new Uint8Array(1 << 20);
    for (; sent < 64 << 20;) sent += await connection.write(bytes);
    await connection.closeWrite();
  })();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(sent < 32 << 20, `${sent} bytes are on their way`);
  place.isReading = true;
  await sending;
  assert.equal(await new Response(connection.readable).text(), `${sent} of 0`);
  Deno.kill(-child.pid, "SIGKILL");
  await Promise.all([child.stdin.close(), child.stdout.cancel(), child.stderr.cancel(), child.status]);
});

/** A server behind a socket, which tells the size and first byte of what it was sent, and a forwarder to it. */
async function openPlace(variables: Readonly<Record<string, string>> = {}) {
  const folder = await Deno.makeTempDir({ dir: "/tmp" });
  const path = join(folder, "socket");
  const listener = Deno.listen({ transport: "unix", path });
  const place = {
    folder,
    port: freePort(),
    isReading: true,
    start(argv: readonly [string, ...string[]]) {
      const server: ReachableServer = { is: "socket", port: place.port, path };
      const [program, ...args] = withForwarder(
        argv,
        [server],
        ["/usr/bin/env", "DENO_DIR=/dev/null/deno", deno],
        variables["DENO_DIR"],
      );
      const env = { PATH: "/usr/bin:/bin", HOME: folder, ...variables };
      const streams = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
      return new Deno.Command(program, { args, env, cwd: folder, clearEnv: true, detached: true, ...streams })
        .spawn();
    },
    async run(argv: readonly [string, ...string[]], stdin = "") {
      const child = place.start(argv);
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
      await writer.close().catch(() => {});
      const { code, stdout, stderr } = await child.output();
      const text = new TextDecoder();
      return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
  (async () => {
    for await (const connection of listener) answer(connection, place);
  })();
  return place;
}

async function answer(connection: Deno.Conn, place: { readonly isReading: boolean }): Promise<void> {
  let [size, first] = [0, 0];
  const buffer = new Uint8Array(65536);
  while (!place.isReading) await new Promise((resolve) => setTimeout(resolve, 10));
  for (let read = await connection.read(buffer); read !== null; read = await connection.read(buffer)) {
    size += read;
    first = buffer[0]!;
  }
  await connection.write(new TextEncoder().encode(`${size} of ${first}`));
  connection.close();
}

async function connect(port: number): Promise<Deno.TcpConn> {
  for (let round = 0;; round++) {
    try {
      return await Deno.connect({ hostname: "127.0.0.1", port });
    } catch (error) {
      if (round > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
