/** The place in which an imported project is called, and what a call left: its files, and its runs. */
import { DatabaseSync } from "node:sqlite";
import { dirname, join } from "node:path";

/** What calls came to. */
export interface CallsAnswer {
  readonly isSuccess: readonly boolean[];
  /** Of each call: the parameters that were logged, by name. */
  readonly params: readonly Readonly<Record<string, string>>[];
  /** What is in the folder afterwards, by path, but what tools leave behind. */
  readonly files: Readonly<Record<string, string>>;
}

export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    await Deno.writeTextFile(join(folder, name), text);
  }
}

/** Of tools, and what the pipeline is made of. */
const passed =
  /^(\.dvc|\.dvcignore|\.gitignore|\.git|\.sluice|__pycache__|mlruns|mlflow\.db.*|mlflow\.out|pipeline\.ts|deno\.json|sluice\.lock|dvc\.lock)$/;

export async function readFiles(folder: string, below = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const entry of Deno.readDir(join(folder, below))) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (passed.test(entry.name)) continue;
    if (entry.isDirectory) Object.assign(found, await readFiles(folder, path));
    else found[path] = await Deno.readTextFile(join(folder, path));
  }
  return Object.fromEntries(Object.entries(found).sort(([one], [other]) => one < other ? -1 : 1));
}

/** The parameters of each run that is no parent, in the order in which they began. */
export function readParams(folder: string): Record<string, string>[] {
  using file = new DatabaseSync(join(folder, "mlflow.db"));
  const runs = file.prepare("SELECT run_uuid FROM runs ORDER BY start_time, run_uuid").all()
    .map(({ run_uuid }) => String(run_uuid));
  const parents = new Set(
    file.prepare("SELECT value FROM tags WHERE key = 'mlflow.parentRunId'").all()
      .map(({ value }) => String(value)),
  );
  return runs.filter((id) => !parents.has(id)).map((id) =>
    Object.fromEntries(
      file.prepare("SELECT key, value FROM params WHERE run_uuid = ? ORDER BY key").all(id)
        .map(({ key, value }) => [String(key), String(value)]),
    )
  );
}
