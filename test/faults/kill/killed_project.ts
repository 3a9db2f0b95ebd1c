/** A working folder and a cache for one killed run, both new, and the plain command run in it. */
import { DatabaseSync } from "node:sqlite";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Event } from "../../../src/core/event.ts";
import { finish, type Finished, sluiceProgram, startDeno } from "../../run/run_project.ts";
import { walkFolder } from "./walk_folder.ts";

const pipelineFile = fileURLToPath(new URL("./project/pipeline.ts", import.meta.url));

export interface Workload {
  readonly pipeline: "small" | "large";
  readonly sandbox: "require" | "off";
}

export interface KilledProject {
  /** Without links. In it lies all that its runs make, what they put into the temporary folder too. */
  readonly folder: string;
  readonly project: string;
  readonly workload: Workload;
  [Symbol.dispose](): void;
}

/** In memory where that is at hand: kill -9 leaves what was written, on a disk or not, and a disk takes far longer. */
const parent = (): string | undefined => {
  try {
    return Deno.statSync("/dev/shm").isDirectory ? "/dev/shm" : undefined;
  } catch {
    return undefined;
  }
};

/** Its folders are removed when it leaves its scope. */
export function makeProject(workload: Workload): KilledProject {
  const dir = parent();
  const folder = Deno.realPathSync(
    Deno.makeTempDirSync({ prefix: "sluice-kill-", ...(dir === undefined ? {} : { dir }) }),
  );
  for (const name of ["project", "cache", "temporary"]) Deno.mkdirSync(join(folder, name));
  Deno.writeTextFileSync(join(folder, "done"), "");
  return {
    ...{ folder, workload, project: join(folder, "project") },
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}

/** Starts the plain command, with `prefix` before it. It says its events as JSON lines. */
export function startRun({ folder, project, workload }: KilledProject, prefix: readonly string[] = []) {
  return startDeno(
    [
      ...["--no-code-cache", sluiceProgram, "run", `${pipelineFile}#${workload.pipeline}`],
      ...["--json", "--jobs", "4", "--sandbox", workload.sandbox],
    ],
    project,
    {
      XDG_CACHE_HOME: join(folder, "cache"),
      TMPDIR: join(folder, "temporary"),
      DENO_DIR: denoFolder(),
    },
    prefix,
  );
}

export const runPlainly = async (project: KilledProject): Promise<Finished> =>
  await finish(startRun(project));

/** Where this Deno keeps its packages, whatever names the user's cache. */
const denoFolder = (): string => {
  const usual = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/", ".cache");
  return Deno.env.get("DENO_DIR") ?? join(usual, "deno");
};

/** What a killed run left of value, and what its processes did. */
export interface Remains {
  /** Steps whose run is FINISHED in the tracker. */
  readonly finished: ReadonlySet<string>;
  /** Keys under which a result is kept. */
  readonly kept: ReadonlySet<string>;
  /** Steps whose last line of script was reached; only with the sandbox off do they say so. One for each time. */
  readonly done: readonly string[];
}

/** Reads a copy of the tracker's file: to read the file itself may mend it. */
export function readRemains({ folder, project }: KilledProject): Remains {
  const copy = Deno.makeTempDirSync();
  try {
    for (const { name } of Deno.readDirSync(project)) {
      if (name.startsWith("mlflow.db")) Deno.copyFileSync(join(project, name), join(copy, name));
    }
    const done = Deno.readTextFileSync(join(folder, "done")).split("\n").filter((line) => line !== "");
    return { finished: readFinished(join(copy, "mlflow.db")), kept: readKept(folder), done };
  } finally {
    Deno.removeSync(copy, { recursive: true });
  }
}

function readFinished(path: string): Set<string> {
  // Killed before the file had a table, or before there was a file.
  using database = new DatabaseSync(path);
  if (database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'tags'").get() === undefined) {
    return new Set();
  }
  const rows = database.prepare(
    "SELECT value FROM tags JOIN runs USING (run_uuid) WHERE key = 'sluice.step' AND status = 'FINISHED'",
  ).all();
  return new Set(rows.map((row) => String(row["value"])));
}

function readKept(folder: string): Set<string> {
  const names = walkFolder(join(folder, "cache")).map(({ path }) => path)
    .filter((path) => /\/store\/results\/..\/[0-9a-f]{64}\.json$/.test(path));
  return new Set(names.map((path) => `sha256:${basename(path, ".json")}`));
}

/** Steps that a run took from the cache, and those it started, by its events. */
export function readSteps(events: readonly Event[]) {
  const ended = events.flatMap((event) => event.is === "step-ended" ? [event] : []);
  return {
    started: new Set(events.flatMap((event) => event.is === "step-started" ? [event.step] : [])),
    keys: new Map(ended.map(({ step, key }) => [step, key])),
    outcomes: new Map(ended.map(({ step, outcome }) => [step, outcome.is])),
  };
}
