import assert from "node:assert/strict";
import { join } from "node:path";
import { makeSocketFolder } from "./socket_folder.ts";

const hourMs = 3_600_000;

/** A folder as a program leaves it, an hour old. */
function leave(prefix: string, fill: (path: string) => void): string {
  const path = Deno.makeTempDirSync({ dir: "/tmp", prefix });
  fill(path);
  const before = new Date(Date.now() - hourMs);
  Deno.utimeSync(path, before, before);
  return path;
}

const listen = (path: string) => Deno.listen({ transport: "unix", path: join(path, "server") }).close();
/** Deno removes a socket that is closed; a killed program does not. */
function leaveSocket(path: string): void {
  const { success } = new Deno.Command("python3", {
    args: ["-c", "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", join(path, "server")],
  }).outputSync();
  if (!success) listen(path);
}
const isThere = (path: string): boolean => Deno.lstatSync(path).isDirectory;

Deno.test("a folder of sockets that a killed program left goes with the next, and nothing else does", () => {
  const forsaken = [leave("sluice-socket-", leaveSocket), leave("sluice-socket-", () => {})];
  const held = leave("sluice-socket-", leaveSocket);
  using lock = Deno.openSync(held);
  lock.lockSync(true);
  const kept = [
    held,
    leave("sluice-socket-", (path) => Deno.writeTextFileSync(join(path, "file"), "")),
    leave("sluice-other-", leaveSocket),
    Deno.makeTempDirSync({ dir: "/tmp", prefix: "sluice-socket-" }),
  ];
  try {
    const made = makeSocketFolder();
    assert.ok(isThere(made.path));
    made.remove();
    for (const path of [...forsaken, made.path]) assert.throws(() => isThere(path), Deno.errors.NotFound);
    assert.ok(kept.every(isThere));
  } finally {
    for (const path of kept) Deno.removeSync(path, { recursive: true });
  }
});
