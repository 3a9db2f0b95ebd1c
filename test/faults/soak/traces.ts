/** What runs have left behind on the machine: processes, files, locks and sockets of one soak. */
import { join } from "node:path";
import { processIds, readProcess } from "../../../src/core/processes.ts";

export interface Places {
  /** Holds everything else, under a name that no other program has. */
  readonly root: string;
  readonly projects: readonly string[];
  readonly cache: string;
  readonly temporary: string;
}

/** Each a list of what is there though nothing runs; to be empty. */
export interface Traces {
  readonly processes: readonly string[];
  readonly temporary: readonly string[];
  readonly sharedMemory: readonly string[];
  readonly workspaces: readonly string[];
  readonly cacheParts: readonly string[];
  readonly artifactParts: readonly string[];
  readonly socketFolders: readonly string[];
}

/** `known` are processes that are to be there. */
export function findTraces(places: Places, known: readonly number[]): Traces {
  return {
    processes: processesOf(places, known),
    temporary: namesIn(places.temporary),
    sharedMemory: namesIn("/dev/shm").filter((name) => name.startsWith("sluice-soak")),
    workspaces: places.projects.flatMap((project) =>
      ["steps", "owners"].flatMap((folder) => namesIn(join(project, ".sluice", folder)))
    ),
    cacheParts: filesBelow(places.cache).filter((path) => /\/parts\/|\/\.[^/]+$|-journal$|-wal$/.test(path)),
    artifactParts: places.projects.flatMap((project) => partsBelow(join(project, "mlruns"))),
    socketFolders: forsakenSocketFolders(),
  };
}

/** Lock files of steps that no process holds: those of killed ones stay until the next collection of garbage. */
export const leaseCount = (cache: string): number =>
  namesIn(join(cache, "locks")).filter((name) => name.startsWith("step-")).length;

export const bytesBelow = (folder: string): number =>
  filesBelow(folder).reduce((sum, path) => sum + (sizeOf(path) ?? 0), 0);

function sizeOf(path: string): number | undefined {
  try {
    return Deno.lstatSync(path).size;
  } catch {
    return undefined;
  }
}

/** A process of the soak has its folder among its variables or arguments; a zombie is found by its parent. */
function processesOf({ root }: Places, known: readonly number[]): string[] {
  return processIds().filter((pid) => !known.includes(pid)).flatMap((pid) => {
    const stat = readProcess(pid, "stat");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    const isOurs = readProcess(pid, "environ").includes(root) || readProcess(pid, "cmdline").includes(root) ||
      known.includes(parent);
    return isOurs ? [stat.slice(0, 80)] : [];
  });
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}

function filesBelow(folder: string): string[] {
  const found: string[] = [];
  const open = [folder];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    try {
      for (const { name, isDirectory } of Deno.readDirSync(at)) {
        if (isDirectory) open.push(join(at, name));
        else found.push(join(at, name));
      }
    } catch {
      // It has gone meanwhile.
    }
  }
  return found;
}

/** Experiment, run, and what lies in the run's folder. */
function partsBelow(artifacts: string): string[] {
  return namesIn(artifacts).flatMap((experiment) =>
    namesIn(join(artifacts, experiment)).flatMap((run) =>
      namesIn(join(artifacts, experiment, run)).filter((name) => name.startsWith(".part"))
        .map((name) => join(artifacts, experiment, run, name))
    )
  );
}

/** Longer than a killed program's folder may stay: a minute, and until another makes one. */
const forsakenMs = 150_000;

function forsakenSocketFolders(): string[] {
  return namesIn("/tmp").filter((name) => name.startsWith("sluice-socket-")).filter((name) => {
    try {
      const { mtime } = Deno.lstatSync(join("/tmp", name));
      if (Date.now() - mtime!.getTime() < forsakenMs) return false;
      using folder = Deno.openSync(join("/tmp", name));
      return folder.tryLockSync(true);
    } catch {
      return false;
    }
  });
}
