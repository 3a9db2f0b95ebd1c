/** Engines: where a step's process runs. This file: here, as a process group of its own. */
import { refuse } from "../core/error.ts";
import { openProgramFinder } from "../core/find_program.ts";
import type { Engine, ProcessExit } from "../core/ports/engine.ts";
import { killMarked } from "../core/processes.ts";
import { machineFailure } from "../core/system_error.ts";
import type { ChildStatus } from "./child.ts";
import { endOnLimit, killTree, signalGroup } from "./end_on_limit.ts";
import { endWatch, killOrphans, type Orphans, startWithOrphans } from "./orphans.ts";
import { readOutput } from "./read_output.ts";
import { signalOf } from "./signal_names.ts";
import { startChild } from "./start_child.ts";

/** How long after a process's end its output is waited for, should something hold it open. */
const outputMs = 1000;

const findProgram = openProgramFinder();

/** The first processes of steps that are under way: they do not outlive us when we end in the middle of it. */
const running = new Map<number, Orphans | undefined>();
globalThis.addEventListener("unload", () => {
  running.forEach((orphans, pid) => killTree(pid, orphans));
  killOrphans();
});

/**
 * Runs processes on this machine.
 *
 * Each is the leader of a new session. At its end, or at a limit or an abort (SIGTERM, then SIGKILL after 4 s; SIGKILL
 * at once over the limit of memory), all that it started is killed: the group, and orphans as `orphans.ts` finds them, or,
 * where it cannot, whatever still has the process's TMPDIR. Should this program be killed, a shell does the same. Throws TRACKER_WRITE_FAILED when the log cannot be written;
 * the process is dead then, too. Throws DISK_FULL or SYSTEM_FAILED when the machine cannot start one more.
 *
 * Memory is what the processes hold and only they can give back, shared pages once; mapped files do not count. Memory
 * and CPU time are looked at every 100 ms, on Linux only.
 */
export const localEngine: Engine = {
  async run(spec, { signal, onLine }) {
    if (signal.aborted) return { is: "cancelled" };
    const program = findProgram(spec.argv[0], spec.variables["PATH"] ?? "", spec.folder);
    if (program === undefined) {
      return { is: "not-started", reason: `no program \`${spec.argv[0]}\` on its PATH` };
    }
    using log = openLog(spec.log);
    let started: ReturnType<typeof startWithOrphans>;
    try {
      const { argv, files = [], folder, variables, stdin } = spec;
      const child = { program, args: argv.slice(1), files, folder, variables };
      started = startWithOrphans(() => startChild(stdin === undefined ? child : { ...child, stdin }));
    } catch (error) {
      const failure = machineFailure(error, `Cannot start \`${spec.argv[0]}\``);
      if (failure !== undefined) return refuse(failure);
      const why = error instanceof Error ? error.message : String(error);
      return { is: "not-started", reason: `no way to start \`${spec.argv[0]}\`: ${why}` };
    }
    const { child, orphans } = started;
    const startedAt = performance.now();
    running.set(child.pid, orphans);
    const limit = endOnLimit(child.pid, spec, orphans, signal);
    const output = readOutput(child, log, onLine);
    output.failed.then(() => signalGroup(child.pid, "SIGKILL"));
    const status = await child.status;
    running.delete(child.pid);
    limit.stop();
    signalGroup(child.pid, "SIGKILL");
    if (orphans === undefined) killEscaped(child.pid, startedAt, spec.variables["TMPDIR"]);
    else await orphans.end();
    await output.end(outputMs).catch((error) => refuseLog(spec.log, error));
    return limit.ending() ?? exitOf(status, spec.tellsSignals);
  },
  close: endWatch,
};

function openLog(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { append: true, create: true });
  } catch (error) {
    return refuseLog(path, error);
  }
}

function refuseLog(path: string, error: unknown): never {
  return refuse({
    code: "TRACKER_WRITE_FAILED",
    message: `Cannot write what a step prints to \`${path}\``,
    hint: "See that its folder is there and can be written, and that its disk has space",
    details: error instanceof Error ? error.message : String(error),
  });
}

/** What made a group of its own, as daemons do. */
function killEscaped(pid: number, startedAt: number, temporary: string | undefined): void {
  if (temporary !== undefined) {
    killMarked((variable) => variable === `TMPDIR=${temporary}`, { pid, startedAt });
  }
}

function exitOf({ code, signal }: ChildStatus, tellsSignals: boolean): ProcessExit {
  const told = signal ?? (tellsSignals ? signalOf(code) : undefined);
  return told === undefined ? { is: "exited", code } : { is: "signalled", signal: told };
}
