/** Programs that a killed sluice left running: uv goes on writing when its parent is gone. */
import { processIds, readProcess, signalProcess } from "../core/processes.ts";

/**
 * Ends the processes whose arguments name `path`, and waits until they are gone. Only a path that no other process
 * can have in its arguments may be given, and only while its maker is known to be dead. Does nothing without /proc.
 */
export async function endOrphans(path: string): Promise<void> {
  const orphans = processIds().filter((id) => argumentsOf(id).includes(path));
  for (const id of orphans) signalProcess(id, "SIGKILL");
  for (let waitedMs = 0; waitedMs < 1000 && orphans.some((id) => argumentsOf(id) !== ""); waitedMs += 5) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Empty for a process that is gone or dead. */
const argumentsOf = (id: number): string => readProcess(id, "cmdline");
