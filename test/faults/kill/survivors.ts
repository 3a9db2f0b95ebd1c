/** Processes that a killed run left. */
import { processIds, readProcess } from "../../../src/core/processes.ts";

/** How long a process may take to die of a signal that it has been sent. */
const dyingMs = 2000;

/**
 * Processes that have `folder` in their arguments, their environment or as working folder, as all of a run in it have.
 * Those that are dying are waited for.
 */
export async function findSurvivors(folder: string): Promise<string[]> {
  const until = Date.now() + dyingMs;
  for (;;) {
    const found = bearing(folder);
    if (found.length === 0 || Date.now() > until) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Those that are there now. */
export const bearing = (folder: string): string[] =>
  processIds().flatMap((pid) => {
    const args = readProcess(pid, "cmdline").replaceAll("\0", " ").trim();
    const isIts = [args, readProcess(pid, "environ"), workingFolder(pid)].some((text) =>
      text.includes(folder)
    );
    // The dead that nobody has reaped yet have none of the three, but for a moment.
    return isIts && !/^State:\s+[ZX]/m.test(readProcess(pid, "status")) ? [`${pid} ${args}`] : [];
  });

function workingFolder(pid: number): string {
  try {
    return Deno.readLinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}
