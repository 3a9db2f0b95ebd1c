/** Who started whom, as Linux's /proc shows it. Elsewhere, and of a process that is gone, there is nothing. */
import { processIds, readProcess } from "../core/processes.ts";

export interface ProcessStat {
  readonly isZombie: boolean;
  readonly parent: number;
  readonly session: number;
  /** User and system, of the process and of those that it has waited for. */
  readonly cpuTimeMs: number;
}

/** USER_HZ is 100 on every processor that Deno runs on. */
const msPerTick = 10;

/** The fields of proc(5)'s `stat`, counted from the one after the name, which may hold anything. */
export function readStat(pid: number): ProcessStat | undefined {
  const text = readProcess(pid, "stat");
  if (text === "") return undefined;
  const [state, parent, , session, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = rest.slice(7, 11).reduce((sum, field) => sum + Number(field), 0);
  return {
    isZombie: state === "Z" || state === "X",
    parent: Number(parent),
    session: Number(session),
    cpuTimeMs: ticks * msPerTick,
  };
}

/** Those that a process started, or adopted, and that are not yet waited for. */
export function childrenOf(pid: number): number[] {
  return hasChildrenFiles()
    ? tasksOf(pid).flatMap((task) => childrenOfTask(pid, task))
    : scanForChildren(pid);
}

/** Of this process, seen from the thread that runs this: the first, whose children are what it starts and adopts. */
export const ownChildren = (): number[] =>
  hasChildrenFiles() ? childrenOfTask(Deno.pid, String(Deno.pid)) : scanForChildren(Deno.pid);

/** All that `pids` started, and what those started, without `pids`. */
export function descendantsOf(pids: readonly number[]): number[] {
  const found = new Set<number>();
  const open = [...pids];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    for (const child of childrenOf(pid)) {
      if (!found.has(child)) open.push(child);
      found.add(child);
    }
  }
  return [...found];
}

let childrenFiles: boolean | undefined;

/** A kernel may be built without them (CONFIG_PROC_CHILDREN). */
function hasChildrenFiles(): boolean {
  return childrenFiles ??= tasksOf(Deno.pid).some((task) => {
    try {
      Deno.lstatSync(`/proc/${Deno.pid}/task/${task}/children`);
      return true;
    } catch {
      return false;
    }
  });
}

function tasksOf(pid: number): string[] {
  try {
    return Array.from(Deno.readDirSync(`/proc/${pid}/task`), ({ name }) => name);
  } catch {
    return [];
  }
}

function childrenOfTask(pid: number, task: string): number[] {
  return readProcess(pid, `task/${task}/children`).split(" ").filter((each) => each !== "").map(Number);
}

const scanForChildren = (pid: number): number[] =>
  processIds().filter((each) => readStat(each)?.parent === pid);
