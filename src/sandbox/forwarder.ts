/**
 * The forwarder: what a step inside a closed network reaches a server of ours by.
 *
 * Its function is run by its text, as a program of its own inside the sandbox: it may use nothing but `splice`.
 */
import { splice } from "./splice.ts";

/**
 * Listens on ports of 127.0.0.1, each for a Unix socket, then starts the program and ends as it does.
 *
 * Arguments: `{"servers": [{"port", "path"}…], "packages": DENO_DIR of the program}` as JSON, the program, its own.
 */
export async function forward(): Promise<void> {
  const { servers, packages } = JSON.parse(Deno.args[0]!);

  async function serve(listener: Deno.Listener, path: string): Promise<void> {
    for (;;) {
      try {
        join(await listener.accept(), path);
      } catch {
        // Too many open files: some will be closed.
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }
  async function join(inner: Deno.Conn, path: string): Promise<void> {
    const outer = await Deno.connect({ transport: "unix", path }).catch(() => undefined);
    if (outer === undefined) inner.close();
    else await splice(inner, outer);
  }
  function refuse(why: unknown): never {
    console.error(`bwrap: ${why instanceof Error ? why.message : why}`);
    Deno.exit(1);
  }

  try {
    for (const { port, path } of servers) serve(Deno.listen({ hostname: "127.0.0.1", port }), path);
  } catch (error) {
    refuse(error);
  }
  // Whoever signals the step signals the program as well, which decides what becomes of it.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const) {
    Deno.addSignalListener(signal, () => {});
  }
  if (packages === undefined) Deno.env.delete("DENO_DIR");
  else Deno.env.set("DENO_DIR", packages);
  let program: Deno.ChildProcess | undefined;
  try {
    program = new Deno.Command(Deno.args[1]!, {
      args: Deno.args.slice(2),
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
  } catch (error) {
    refuse(error);
  }
  // Above 128 after a signal, as bubblewrap tells it.
  Deno.exit((await program.status).code);
}
