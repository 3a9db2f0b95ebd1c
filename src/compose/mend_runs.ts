/** Ends what a process that died left: runs that stand as RUNNING, processes, folders and artifacts of steps. */
import { basename, dirname, join } from "node:path";
import type { Tracker } from "../core/ports/tracker.ts";
import { removeTree } from "../core/remove_tree.ts";
import type { Run } from "../core/tracking.ts";
import { TrackingError } from "../core/tracking.ts";
import { killLeftovers } from "./leftover_processes.ts";
import { digestTracker, unlockedMark } from "./run_owner.ts";

/**
 * Ends the runs, with all nested in them, that a dead process left as RUNNING: they become KILLED. Where no other run is
 * under way, the folders of steps go that have ended or that the tracker's file has lost.
 *
 * Costs two folder listings when there is nothing to mend. Gives whether a process had died.
 */
export async function mendRuns(
  workspace: string,
  openTracker: () => Promise<Tracker>,
  now: number,
): Promise<boolean> {
  const folder = join(workspace, "owners");
  const steps = join(workspace, "steps");
  // Before the owners are looked at: whoever makes such a folder owns its run by then.
  const forsaken = await namesIn(steps);
  let isAlone = true;
  let hasDead = false;
  for (const runId of await namesIn(folder)) {
    const path = join(folder, runId);
    const file = await Deno.open(path, { write: true }).catch(() => undefined);
    if (file === undefined) continue;
    try {
      if (!await file.tryLock(true)) {
        isAlone = false;
        continue;
      }
      hasDead = true;
      if (runId.startsWith(unlockedMark)) {
        await Deno.remove(path).catch(() => {});
        continue;
      }
      const tracker = await openTracker();
      // Another tracker's run is ended by who starts with that one.
      if (await Deno.readTextFile(path) !== digestTracker(tracker.uri)) continue;
      await endRun(runId, tracker, now, steps);
      await Deno.remove(path).catch(() => {});
    } finally {
      file.close();
    }
  }
  if (isAlone && forsaken.length > 0) await clearLost(forsaken, steps, await openTracker());
  return hasDead || forsaken.length > 0;
}

/** Clears what is left of steps that do not run. What a server was sent lies here as well, for who ran it. */
async function clearLost(ids: readonly string[], steps: string, tracker: Tracker): Promise<void> {
  if (!tracker.uri.startsWith("sqlite:")) return;
  for (const id of ids) {
    const status = (await findRun(id, tracker))?.info.status;
    if (status !== "RUNNING") await clearStep(join(steps, id));
    if (status === undefined) await removeArtifacts(id, tracker);
  }
}

/** Of a run that was killed before the tracker's file had it: its artifacts are nobody's. */
async function removeArtifacts(id: string, { artifacts, listExperiments }: Tracker): Promise<void> {
  if (!/^[0-9a-f]{32}$/.test(id)) return;
  for (const { artifactLocation } of await listExperiments()) {
    const folder = artifacts.localFolder(`${artifactLocation}/${id}`);
    if (folder !== undefined) await removeTree(folder).catch(() => {});
  }
}

/** Ends what is left of a step and removes its folder. */
async function clearStep(folder: string): Promise<void> {
  killLeftovers(folder);
  await removeTree(folder).catch(() => {});
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.map((entry) => entry.name).sort();
  } catch (error) {
    // A file in its place is told of when the folder is made.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return [];
    throw error;
  }
}

async function endRun(runId: string, tracker: Tracker, now: number, steps: string): Promise<void> {
  const run = await findRun(runId, tracker);
  if (run === undefined) return await removeArtifacts(runId, tracker);
  // Before its own processes, by which an engine ends it.
  if (run.tags.some(({ key }) => key === "mlflow.docker.image.uri")) {
    const { removeContainer } = await import("./project_container.ts");
    await removeContainer(runId, Deno.env.toObject());
  }
  const family = [run];
  for (const { info } of family) {
    family.push(
      ...await tracker.searchRuns({
        experimentIds: [info.experimentId],
        tags: [{ key: "mlflow.parentRunId", value: info.id }],
        limit: 1_000_000,
      }),
    );
    await clearStep(join(steps, info.id));
    await removeParts(info, tracker);
  }
  // Last: what the dead left may be what fills the disk.
  for (const { info } of family) {
    if (info.status !== "RUNNING" && info.status !== "SCHEDULED") continue;
    await tracker.updateRun(info.id, { status: "KILLED", endedAt: Math.max(now, info.startedAt) });
  }
}

/** What was on its way into the run's artifacts: it lies beside them, and no other process makes those of this run. */
async function removeParts({ id, artifactUri }: Run["info"], tracker: Tracker): Promise<void> {
  const artifacts = tracker.artifacts.localFolder(artifactUri);
  if (artifacts === undefined) return;
  const folder = dirname(artifacts);
  // A step whose result was taken has the artifacts of the run that made it.
  if (basename(folder) !== id) return;
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (/^\.part-[0-9a-f-]{36}$/.test(name)) await removeTree(join(folder, name));
    }
  } catch {
    // It was never made, or is gone.
  }
}

/** The process may have died before its run was recorded, or the tracker's file may be a new one. */
async function findRun(runId: string, tracker: Tracker): Promise<Run | undefined> {
  try {
    return await tracker.getRun(runId);
  } catch (error) {
    if (error instanceof TrackingError) return undefined;
    throw error;
  }
}
