/**
 * Who owns the runs that are under way: a locked file a run, so that the next start can tell the dead from the living.
 *
 * The lock is the kernel's and ends with its process, however that ends; the file says which run to mend.
 */
import { basename, dirname, join } from "node:path";
import { digestValue } from "../core/digest.ts";
import { makeFolder } from "../core/file_tree.ts";
import { forceToDisk } from "../core/force_to_disk.ts";
import { onFile } from "../core/system_error.ts";

/** Holds a run as one that is under way. */
export interface RunOwner {
  /** The run has ended. */
  release(): Promise<void>;
  /** The run has not ended and never will: the next start mends it. */
  abandon(): void;
}

/** Begins the name of a file that is not a run's yet. */
export const unlockedMark = ".";

/** Keeps `runId` known as ours; `tracker` is its URI, of which only a digest is written. */
export async function ownRun(workspace: string, runId: string, tracker: string): Promise<RunOwner> {
  const folder = join(workspace, "owners");
  makeFolder(folder);
  const path = join(folder, runId);
  // Locked before it has its name, or another start might take the run for a dead one's in between.
  const unlocked = join(folder, `${unlockedMark}${runId}`);
  const file = await onFile(path, () => makeOwned(unlocked, path, digestTracker(tracker)));
  try {
    // Before the run is recorded: a run that is on disk without it would be RUNNING for ever after a power loss.
    await onFile(path, () => forceToDisk([path], [folder, workspace, dirname(workspace)]));
  } catch (error) {
    giveUp(file, path);
    throw error;
  }
  return {
    async release() {
      await Deno.remove(path).catch(() => {});
      file.close();
    },
    abandon: () => file.close(),
  };
}

function makeOwned(unlocked: string, path: string, text: string): Deno.FsFile {
  for (;;) {
    const file = Deno.openSync(unlocked, { create: true, write: true });
    try {
      file.lockSync(true);
      file.writeSync(new TextEncoder().encode(text));
      Deno.renameSync(unlocked, path);
      return file;
    } catch (error) {
      giveUp(file, unlocked);
      // Another start took it for a dead one's before it was locked.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function giveUp(file: Deno.FsFile, path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is gone, or the next start finds it.
  }
  file.close();
}

/** A file's name is enough, as the workspace lies beside it: together they may have been moved. */
export const digestTracker = (uri: string): string =>
  digestValue(uri.startsWith("sqlite:") ? `sqlite:${basename(uri)}` : uri);
