/** Engines: where a step's process runs. This file: here, as a process group of its own. */
import type { Engine, ProcessExit, ProcessSpec } from "../core/ports.ts";
import { splitLines } from "./split_lines.ts";
import { findProgram } from "./find_program.ts";

/** How long a process has between SIGTERM and SIGKILL. */
const graceMs = 5000;

/**
 * Runs processes on this machine.
 *
 * Each is the leader of a new process group. At its end, or at the time limit or an abort (SIGTERM, then SIGKILL after
 * 5 s), the whole group is killed, so that nothing it started is left behind.
 */
export const localEngine: Engine = {
  async run(spec, { signal, onLine }) {
    if (signal.aborted) return { is: "cancelled" };
    const program = findProgram(spec.argv[0], spec.variables["PATH"] ?? "", spec.folder);
    if (program === undefined) {
      return { is: "not-started", reason: `no program \`${spec.argv[0]}\` on its PATH` };
    }
    using log = await Deno.open(spec.log, { append: true, create: true });
    let child: Deno.ChildProcess;
    try {
      child = startProcess(program, spec);
    } catch (error) {
      return { is: "not-started", reason: error instanceof Error ? error.message : String(error) };
    }
    const ending = endOnLimit(child.pid, spec.timeoutMs, signal);
    const output = Promise.all([
      readOutput(child.stdout, log, (line) => onLine("stdout", line)),
      readOutput(child.stderr, log, (line) => onLine("stderr", line)),
    ]);
    writeInput(child, spec.stdin ?? "");
    const status = await child.status;
    killGroup(child.pid, "SIGKILL");
    ending.stop();
    await output;
    return exitOf(status, ending.reason());
  },
};

function startProcess(program: string, spec: ProcessSpec): Deno.ChildProcess {
  return new Deno.Command(program, {
    args: spec.argv.slice(1),
    cwd: spec.folder,
    clearEnv: true,
    env: spec.variables,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
}

/** A process may end without reading what it is given. */
function writeInput(child: Deno.ChildProcess, text: string): void {
  const writer = child.stdin.getWriter();
  const ignore = () => {};
  if (text !== "") writer.write(new TextEncoder().encode(text)).catch(ignore);
  writer.close().catch(ignore);
}

async function readOutput(
  stream: ReadableStream<Uint8Array>,
  log: Deno.FsFile,
  onLine: (line: string) => void,
): Promise<void> {
  const lines = splitLines(onLine);
  for await (const chunk of stream) {
    await writeAll(log, chunk);
    lines.write(chunk);
  }
  lines.end();
}

async function writeAll(log: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await log.write(bytes.subarray(at));
}

function endOnLimit(pid: number, timeoutMs: number | undefined, signal: AbortSignal) {
  let reason: "timed-out" | "cancelled" | undefined;
  let killer: ReturnType<typeof setTimeout> | undefined;
  const end = (why: "timed-out" | "cancelled") => {
    reason ??= why;
    killGroup(pid, "SIGTERM");
    killer ??= setTimeout(() => killGroup(pid, "SIGKILL"), graceMs);
  };
  const onAbort = () => end("cancelled");
  signal.addEventListener("abort", onAbort, { once: true });
  const limit = timeoutMs === undefined ? undefined : setTimeout(() => end("timed-out"), timeoutMs);
  return {
    reason: () => reason,
    stop() {
      signal.removeEventListener("abort", onAbort);
      clearTimeout(limit);
      clearTimeout(killer);
    },
  };
}

/** A group that is gone already is no error. */
function killGroup(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-pid, signal);
  } catch (error) {
    const isGone = error instanceof Deno.errors.NotFound || (error as { code?: string }).code === "ESRCH";
    if (!isGone) throw error;
  }
}

function exitOf(status: Deno.CommandStatus, ended: "timed-out" | "cancelled" | undefined): ProcessExit {
  if (ended !== undefined) return { is: ended };
  return status.signal === null
    ? { is: "exited", code: status.code }
    : { is: "signalled", signal: status.signal };
}
