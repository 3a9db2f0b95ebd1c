/** What starts the forwarder, ahead of a program inside bubblewrap. */
import type { Argv } from "../core/argv.ts";
import type { ReachableServer } from "../core/ports/sandbox.ts";
import { forward } from "./forwarder.ts";
import { splice } from "./splice.ts";

/**
 * The arguments that make `servers` of a Unix socket reachable on 127.0.0.1 and then run `argv`; `argv` itself when
 * there are none.
 *
 * `deno` is what starts Deno, with a DENO_DIR that cannot be. The program gets its standard streams, its signals and its variables as they are, and its exit code becomes the
 * forwarder's. `packages` is the program's own `DENO_DIR`: the forwarder is to leave no file.
 * What it says when it fails begins as bubblewrap's own errors do.
 */
export function withForwarder(
  argv: Argv,
  servers: readonly ReachableServer[],
  deno: readonly string[],
  packages: string | undefined,
): Argv {
  const sockets = servers.flatMap((server) =>
    server.is === "socket" ? [{ port: server.port, path: server.path }] : []
  );
  if (sockets.length === 0) return argv;
  const [program = "", ...rest] = deno;
  return [
    program,
    ...rest,
    "run",
    ...["--allow-all", "--quiet", "--no-config", "--no-lock", "--no-npm", "--no-remote", "--no-code-cache"],
    // JavaScript, as Deno would wait to keep what it makes of TypeScript; no file, as sluice may lie anywhere.
    `data:text/javascript,${encodeURIComponent(`${splice};(${forward})()`)}`,
    JSON.stringify({ servers: sockets, packages }),
    ...argv,
  ];
}
