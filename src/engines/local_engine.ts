/** Engines: where a step's process runs. This file: here, as a process group of its own. */
import { refuse } from "../core/error.ts";
import { killMarked } from "../core/marked_processes.ts";
import type { Engine, ProcessExit, ProcessSpec } from "../core/ports.ts";
import { findProgram } from "./find_program.ts";
import { readOutput } from "./read_output.ts";
import { startTimer } from "./timer.ts";

/** How long a process has between SIGTERM and SIGKILL. */
const graceMs = 5000;
/** How long after a process's end its output is waited for, should something hold it open. */
const outputMs = 1000;

/** The leaders of the groups that are under way: they do not outlive us when we end in the middle of it. */
const running = new Set<number>();
globalThis.addEventListener("unload", () => running.forEach((pid) => killGroup(pid, "SIGKILL")));

/**
 * Runs processes on this machine.
 *
 * Each is the leader of a new process group. At its end, or at the time limit or an abort (SIGTERM, then SIGKILL after
 * 5 s), the whole group is killed, and so is whatever left the group and still has the process's TMPDIR, so that
 * nothing it started is left behind. Throws TRACKER_WRITE_FAILED when the log cannot be written; the process is dead
 * then, too.
 */
export const localEngine: Engine = {
  async run(spec, { signal, onLine }) {
    if (signal.aborted) return { is: "cancelled" };
    const program = findProgram(spec.argv[0], spec.variables["PATH"] ?? "", spec.folder);
    if (program === undefined) {
      return { is: "not-started", reason: `no program \`${spec.argv[0]}\` on its PATH` };
    }
    using log = await openLog(spec.log);
    let child: Deno.ChildProcess;
    try {
      child = startProcess(program, spec);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { is: "not-started", reason: `no way to start \`${spec.argv[0]}\`: ${why}` };
    }
    const startedAt = Date.now();
    running.add(child.pid);
    const ending = endOnLimit(child.pid, spec.timeoutMs, signal);
    const output = readOutput(child, log, onLine);
    output.failed.then(() => killGroup(child.pid, "SIGKILL"));
    writeInput(child, spec.stdin ?? "");
    const status = await child.status;
    running.delete(child.pid);
    killGroup(child.pid, "SIGKILL");
    killEscaped(child.pid, startedAt, spec.variables["TMPDIR"]);
    ending.stop();
    await output.end(outputMs).catch((error) => refuseLog(spec.log, error));
    return exitOf(status, ending.reason());
  },
};

function openLog(path: string): Promise<Deno.FsFile> {
  return Deno.open(path, { append: true, create: true }).catch((error) => refuseLog(path, error));
}

function refuseLog(path: string, error: unknown): never {
  return refuse({
    code: "TRACKER_WRITE_FAILED",
    message: `Cannot write what a step prints to \`${path}\``,
    hint: "See that its folder is there and can be written, and that its disk has space",
    details: error instanceof Error ? error.message : String(error),
  });
}

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
  const stopLimit = timeoutMs === undefined ? undefined : startTimer(() => end("timed-out"), timeoutMs);
  return {
    reason: () => reason,
    stop() {
      signal.removeEventListener("abort", onAbort);
      stopLimit?.();
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

/** What made a group of its own, as daemons do. */
function killEscaped(pid: number, startedAt: number, temporary: string | undefined): void {
  if (temporary !== undefined) {
    killMarked((variable) => variable === `TMPDIR=${temporary}`, { pid, startedAt });
  }
}

function exitOf(status: Deno.CommandStatus, ended: "timed-out" | "cancelled" | undefined): ProcessExit {
  if (ended !== undefined) return { is: ended };
  return status.signal === null
    ? { is: "exited", code: status.code }
    : { is: "signalled", signal: status.signal };
}
