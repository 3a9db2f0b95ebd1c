/** Starts a process by Deno's own means: where the C library's cannot be called. */
import { openByShell } from "../core/argv.ts";
import type { Child, ChildSpec, Reading } from "./child.ts";

/** Throws what the system says when it cannot be started. */
export function startByDeno({ program, args, files = [], folder, variables, stdin }: ChildSpec): Child {
  const [command, ...words] = openByShell([program, ...args], files);
  const child = new Deno.Command(command, {
    args: words,
    cwd: folder,
    clearEnv: true,
    env: variables,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  if (stdin !== undefined) writeInput(child, stdin);
  return {
    pid: child.pid,
    status: child.status,
    read: (stream, take) => readStream(child[stream].getReader(), take),
  };
}

/** A process may end without reading what it is given. */
function writeInput(child: Deno.ChildProcess, text: string): void {
  const writer = child.stdin.getWriter();
  const ignore = () => {};
  writer.write(new TextEncoder().encode(text)).catch(ignore);
  writer.close().catch(ignore);
}

function readStream(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  take: (piece: Uint8Array) => void | Promise<void>,
): Reading {
  const cancel = () => reader.cancel().catch(() => {});
  const readAll = async () => {
    for (let read = await reader.read(); !read.done; read = await reader.read()) await take(read.value);
  };
  return {
    ended: readAll().catch(async (error) => {
      await cancel();
      throw error;
    }),
    stop: () => void cancel(),
  };
}
