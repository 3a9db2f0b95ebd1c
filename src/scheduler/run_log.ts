/** What a run's process prints, as a file among the run's artifacts. */
import { join } from "node:path";
import { makeFolder } from "../core/file_tree.ts";
import type { RunInfo } from "../core/tracking.ts";
import type { Services } from "./services.ts";

type Recording = Pick<Services, "clock" | "emit" | "tracker">;

/** The log lies among the run's artifacts from the start where they are on this machine; else it is sent at the end. */
export function openLog({ tracker }: Recording, run: RunInfo, folder: string): string {
  const local = tracker.artifacts.localFolder(run.artifactUri);
  const logs = local === undefined ? folder : join(local, "logs");
  makeFolder(logs);
  return join(logs, "output.log");
}

/** Where artifacts are elsewhere. */
export async function sendLog(services: Recording, run: RunInfo, folder: string): Promise<void> {
  const { artifacts } = services.tracker;
  if (artifacts.localFolder(run.artifactUri) !== undefined) return;
  const log = await Deno.open(join(folder, "output.log")).catch(() => undefined);
  if (log === undefined) return;
  await artifacts.write(run.artifactUri, "logs/output.log", log.readable).catch((error) => {
    // The process has ended as it has; who reads its log is told.
    const why = error instanceof Error ? error.message : String(error);
    services.emit({
      is: "warning",
      at: services.clock(),
      message: `The log of run ${run.id} is not sent to the tracker: ${why}`,
    });
  });
}
