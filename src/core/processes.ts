/** Processes of this machine. What is read of them is Linux's /proc: elsewhere, and of one that is gone, there is nothing. */

/** Of all users, without our own. */
export function processIds(): number[] {
  try {
    return Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name))
      .filter((pid) => Number.isInteger(pid) && pid !== Deno.pid);
  } catch {
    return [];
  }
}

/** A file of /proc/PID; empty when it cannot be read. */
export function readProcess(pid: number, file: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${file}`);
  } catch {
    return "";
  }
}

/** To a process, or with a number below zero to a group. */
export function signalProcess(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It has ended, or is another user's.
  }
}
