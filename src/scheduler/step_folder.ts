/**
 * The folder of a step under way, named by its nested run. From before anything is made for the run until the run is on
 * disk it tells the next start whose artifacts are nobody's, should we be killed.
 */
import { join } from "node:path";
import { removeTree } from "../core/remove_tree.ts";
import type { RunInfo } from "../core/tracking.ts";
import type { Services } from "./services.ts";

/** Below the workspace, by the id of the nested run. */
export const stepFolder = (workspace: string, { id }: RunInfo): string => join(workspace, id);

/** Once the run is on disk. Where artifacts are elsewhere, it stays with the outputs for the steps that need them. */
export async function leaveStepFolder(
  { tracker: { artifacts } }: Services,
  { artifactUri }: RunInfo,
  folder: string,
): Promise<void> {
  if (artifacts.localFolder(artifactUri) !== undefined) await removeTree(folder).catch(() => {});
}
