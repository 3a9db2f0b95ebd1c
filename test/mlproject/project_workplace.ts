/** The place in which a case is called, and what is seen of the call: the process that was started, and the runs. */
import { DatabaseSync } from "node:sqlite";
import { dirname, join } from "node:path";
import type { ProjectCase } from "./project_case.ts";

/** What a call came to. Ids, folders and made-up names are replaced by words in capitals. */
export interface Answer {
  readonly isSuccess: boolean;
  /** The first `bash` that was started. */
  readonly child?: {
    readonly argv: readonly string[];
    readonly folder: string;
    /** Less those of the caller that are as they were. */
    readonly variables: Readonly<Record<string, string>>;
  };
  readonly runs: readonly RecordedRun[];
}

export interface RecordedRun {
  readonly status: string;
  readonly experiment: string;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Workplace {
  /** Where the call is made: `project` lies in it. */
  readonly folder: string;
  /** All variables of the call. */
  readonly variables: Readonly<Record<string, string>>;
  /** After `mlflow run` or `sluice run`. */
  readonly arguments: readonly string[];
}

/** Tells what it was started with, once, and goes on as the real one. */
const probe = `#!/bin/sh
if mkdir "$0.seen" 2>/dev/null; then
  pwd -P > "$0.seen/folder"
  printf '%s\\0' bash "$@" > "$0.seen/argv"
  env -0 > "$0.seen/variables"
fi
exec /bin/bash "$@"
`;

/** `folder` is new; what is made in it is the same for each call of the same case. */
export async function makeWorkplace(folder: string, asked: ProjectCase): Promise<Workplace> {
  const write = async (path: string, text: string) => {
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, text);
  };
  await Deno.mkdir(join(folder, "project"));
  for (const [name, text] of Object.entries(asked.files)) await write(join(folder, "project", name), text);
  for (const [name, text] of Object.entries(asked.beside ?? {})) await write(join(folder, name), text);
  await write(join(folder, "bin", "bash"), probe);
  await Deno.chmod(join(folder, "bin", "bash"), 0o755);
  // As in an environment that is active.
  await write(join(folder, "bin", "python"), '#!/bin/sh\nexec python3 "$@"\n');
  await Deno.chmod(join(folder, "bin", "python"), 0o755);
  if (asked.git !== undefined) {
    await makeCheckout(asked.git === "work" ? folder : join(folder, "project"), asked.remote);
  }
  return {
    folder,
    variables: {
      PATH: `${join(folder, "bin")}:/usr/local/bin:/usr/bin:/bin`,
      HOME: folder,
      LANG: "C.UTF-8",
      USER: "somebody",
      ...asked.variables,
    },
    arguments: [...asked.arguments ?? ["project"], "--env-manager", "local"],
  };
}

async function makeCheckout(folder: string, remote: string | undefined): Promise<void> {
  const git = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("git", {
      args: ["-C", folder, "-c", "user.name=Somebody", "-c", "user.email=somebody@example", ...args],
      env: { GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z", GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z" },
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  };
  await git("init", "-q", "-b", "main");
  await git("add", "--all", "--", ":!bin", ".");
  await git("commit", "-q", "-m", "first");
  if (remote !== undefined) await git("remote", "add", "origin", remote);
}

/** What is left in the workplace of a call that has ended. */
export async function readAnswer(place: Workplace, isSuccess: boolean): Promise<Answer> {
  const runs = readRuns(join(place.folder, "mlflow.db"));
  const ids = runs.map(({ id }) => id);
  const plain = (text: string) => {
    const known = text.replaceAll(place.folder, "WORK");
    return ids.reduce(
      (written, id, index) => written.replaceAll(id, `RUN${index === 0 ? "" : index}`),
      known,
    );
  };
  const child = await readChild(join(place.folder, "bin", "bash.seen"), place, plain);
  return {
    isSuccess,
    ...(child === undefined ? {} : { child }),
    runs: runs.map(({ run }) => ({
      ...run,
      tags: Object.fromEntries(Object.entries(run.tags).map(([key, value]) => [key, plain(value)])),
    })),
  };
}

async function readChild(
  seen: string,
  place: Workplace,
  plain: (text: string) => string,
): Promise<Answer["child"]> {
  const read = (name: string) => Deno.readTextFile(join(seen, name)).catch(() => undefined);
  const [folder, argv, variables] = [await read("folder"), await read("argv"), await read("variables")];
  if (folder === undefined || argv === undefined || variables === undefined) return undefined;
  const found = new Map(
    variables.split("\0").filter((line) => line !== "").map((line): [string, string] => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const changed = [...found].filter(([name, value]) =>
    place.variables[name] !== value && !shellsOwn.includes(name)
  );
  const gone = Object.keys(place.variables).filter((name) => !found.has(name));
  return {
    argv: argv.split("\0").slice(0, -1).map(plain),
    folder: plain(folder.trimEnd()),
    variables: Object.fromEntries([
      ...changed.map(([name, value]) => [name, plain(value)]),
      ...gone.map((name) => [name, "(gone)"]),
    ].sort(([a], [b]) => a! < b! ? -1 : 1)),
  };
}

/** Set by the shell of the probe. */
const shellsOwn = ["PWD", "OLDPWD", "SHLVL", "_"];

function readRuns(path: string): { readonly id: string; readonly run: RecordedRun }[] {
  if (!exists(path)) return [];
  using file = new DatabaseSync(path);
  const pairs = (table: string, id: string) =>
    Object.fromEntries(
      file.prepare(`SELECT key, value FROM ${table} WHERE run_uuid = ? ORDER BY key`).all(id)
        .map(({ key, value }) => [String(key), String(value)]),
    );
  const rows = file.prepare(
    "SELECT run_uuid, status, experiments.name FROM runs JOIN experiments USING (experiment_id) ORDER BY start_time",
  ).all();
  return rows.map(({ run_uuid, status, name }) => {
    const tags = pairs("tags", String(run_uuid));
    if (/^[a-z]+-[a-z]+-\d+$/.test(tags["mlflow.runName"] ?? "")) tags["mlflow.runName"] = "MADE-UP";
    return {
      id: String(run_uuid),
      run: {
        status: String(status),
        experiment: String(name),
        params: pairs("params", String(run_uuid)),
        tags,
      },
    };
  });
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
