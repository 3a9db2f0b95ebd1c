/** Kills a run, at a call or at a moment. */
import { join } from "node:path";
import { signalProcess } from "../../../src/core/processes.ts";
import { finish } from "../../run/run_project.ts";
import { type KillPoint, readTraced, straceArguments } from "./kill_points.ts";
import { type KilledProject, startRun } from "./killed_project.ts";

/** Undefined where the run ended before it was killed. */
export interface Killed {
  /** Where it was: the call it was about to make, or the time after its start. */
  readonly at: string;
}

/** Sends SIGKILL in the place of the call. */
export async function killAtCall(project: KilledProject, point: KillPoint): Promise<Killed | undefined> {
  const log = `${project.folder}-trace`;
  try {
    const { code } = await finish(startRun(
      project,
      straceArguments(log, [point.call], [
        ...point.path === undefined ? [] : ["-P", join(project.folder, point.path)],
        ...["-e", `inject=${point.call}:signal=KILL:when=${point.number}`],
      ]),
    ));
    if (code === 0) return undefined;
    const last = readTraced(Deno.readTextFileSync(log), project.folder).at(-1);
    return { at: last !== undefined && "site" in last ? last.site : `${point.call} elsewhere` };
  } finally {
    Deno.removeSync(log);
  }
}

/** Sends SIGKILL so long after the start. */
export async function killAtMoment(project: KilledProject, afterMs: number): Promise<Killed | undefined> {
  const running = startRun(project);
  const timer = setTimeout(() => signalProcess(running.pid, "SIGKILL"), afterMs);
  const { code } = await finish(running);
  clearTimeout(timer);
  return code === 0 ? undefined : { at: `${Math.round(afterMs)} ms` };
}
