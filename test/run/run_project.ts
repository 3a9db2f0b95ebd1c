/** Runs a pipeline as a user does, in a working folder of its own, and reads what it left in the tracker. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Event } from "../../src/core/event.ts";

export const pipelineFile = fileURLToPath(new URL("./project/pipeline.ts", import.meta.url));
export const sluiceProgram = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
export const configFile = fileURLToPath(new URL("../../deno.json", import.meta.url));

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Of a run with `--json`. */
  readonly events: readonly Event[];
}

/** Where the runs of a working folder keep their results: no test is to find those of another. */
const caches = new Map<string, string>();

/** A folder for one test, with a cache of its own, below `dir` if given; removed when the test leaves its scope. */
export async function workingFolder(dir?: string) {
  const [path, cache] = await Promise.all([
    makeFolder("sluice-test-", dir),
    makeFolder("sluice-cache-", dir),
  ]);
  caches.set(path!, cache!);
  return {
    path: path!,
    cache: cache!,
    async [Symbol.asyncDispose]() {
      caches.delete(path!);
      for (const folder of [path!, cache!]) await Deno.remove(folder, { recursive: true }).catch(() => {});
    },
  };
}

const makeFolder = async (prefix: string, dir: string | undefined): Promise<string> =>
  await Deno.realPath(await Deno.makeTempDir({ prefix, ...(dir === undefined ? {} : { dir }) }));

/** Where nothing waits for a disk, if there is such a place. */
export const memoryFolder: string | undefined = await Deno.stat("/dev/shm").then(
  () => "/dev/shm",
  () => undefined,
);

/** Deno's own packages stay where they are. */
function cacheVariables(cwd: string): Record<string, string> {
  const found = [...caches].find(([path]) => cwd === path || cwd.startsWith(`${path}/`));
  if (found === undefined) return {};
  const usual = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/", ".cache");
  return { XDG_CACHE_HOME: found[1], DENO_DIR: Deno.env.get("DENO_DIR") ?? join(usual, "deno") };
}

/**
 * Starts `deno run -A` with the arguments; `env` is added to the environment, less what names a tracker. `prefix` is a
 * program, with arguments, that runs Deno.
 */
export function startDeno(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
  prefix: readonly string[] = [],
): Deno.ChildProcess {
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) =>
    !/^(MLFLOW_|SLUICE_|NO_COLOR)/.test(name)
  );
  const [program, ...rest] = [...prefix, Deno.execPath(), "run", "-A", "--config", configFile, ...args];
  return new Deno.Command(program!, {
    args: rest,
    cwd,
    clearEnv: true,
    env: { ...Object.fromEntries(inherited), ...cacheVariables(cwd), ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

export async function finish(process: Deno.ChildProcess): Promise<Finished> {
  const { code, stdout, stderr } = await process.output();
  const text = new TextDecoder().decode(stdout);
  return { code, stdout: text, stderr: new TextDecoder().decode(stderr), events: readEvents(text) };
}

export const runPipeline = (args: readonly string[], cwd: string, env: Record<string, string> = {}) =>
  finish(startDeno([pipelineFile, ...args], cwd, env));

export const runSluice = (args: readonly string[], cwd: string, env: Record<string, string> = {}) =>
  finish(startDeno([sluiceProgram, ...args], cwd, env));

function readEvents(text: string): Event[] {
  return text.split("\n").filter((line) => line.startsWith("{")).flatMap((line) => {
    try {
      return [JSON.parse(line) as Event];
    } catch {
      return [];
    }
  });
}

export interface RecordedRun {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly endedAt: number | null;
  readonly artifacts: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Every run in `mlflow.db` of the folder, oldest first, straight from the tables. */
export function readRuns(folder: string): RecordedRun[] {
  const database = new DatabaseSync(join(folder, "mlflow.db"), { readOnly: true });
  try {
    const pairs = (table: string, id: string) =>
      Object.fromEntries(
        database.prepare(`SELECT key, value FROM ${table} WHERE run_uuid = ?`).all(id)
          .map((row) => [row["key"], row["value"]]),
      );
    return database.prepare("SELECT * FROM runs ORDER BY start_time, rowid").all().map((row) => {
      const id = String(row["run_uuid"]);
      return {
        id,
        name: String(row["name"]),
        status: String(row["status"]),
        endedAt: row["end_time"] as number | null,
        artifacts: String(row["artifact_uri"]),
        tags: pairs("tags", id) as Record<string, string>,
        params: pairs("params", id) as Record<string, string>,
        metrics: pairs("latest_metrics", id) as Record<string, number>,
      };
    });
  } finally {
    database.close();
  }
}

export const findRun = (runs: readonly RecordedRun[], step: string): RecordedRun | undefined =>
  runs.find((run) => run.tags["sluice.step"] === step);
