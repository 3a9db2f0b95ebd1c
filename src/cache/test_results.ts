/** Results of steps that never ran, for tests. */
import { dirname, join } from "node:path";
import { type Digest, digestBytes } from "../core/digest.ts";
import { digestTree } from "../core/file_tree.ts";
import { type KeptOutput, resultVersion, type StepResult } from "../core/step_result.ts";

export type Content = string | Uint8Array;
export interface MadeFile {
  readonly content: Content;
  readonly isProgram?: boolean;
}
/** By path below the folder of outputs; null is an empty folder. */
export type Files = Readonly<Record<string, Content | MadeFile | null>>;

export const keyFor = (name: string): Digest => digestBytes(`key ${name}`);

/** A folder that is removed, with what is read-only in it. */
export async function inFolder(work: (folder: string) => Promise<void>, dir?: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-cache-", ...(dir === undefined ? {} : { dir }) });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

export async function writeFiles(folder: string, files: Files): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [path, made] of Object.entries(files)) {
    const at = join(folder, path);
    await Deno.mkdir(made === null ? at : dirname(at), { recursive: true });
    if (made === null) continue;
    const { content, isProgram } = typeof made === "string" || made instanceof Uint8Array
      ? { content: made, isProgram: false }
      : { isProgram: false, ...made };
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(at, bytes, { mode: isProgram ? 0o755 : 0o644 });
  }
}

/** The result of a step whose outputs are what lies in `folder`, each under its own name. */
export async function resultOf(key: Digest, folder: string): Promise<StepResult> {
  const outputs: Record<string, KeptOutput> = {};
  for await (const { name } of Deno.readDir(folder)) {
    outputs[name] = { file: name, ...await digestTree(join(folder, name)) };
  }
  return {
    version: resultVersion,
    key,
    sandbox: "bubblewrap",
    outputs,
    metrics: [{ key: "rmse", value: "NaN", step: 0, timestamp: 5 }],
    ...{ parameters: [], tags: [], models: [] },
    madeBy: {
      ...{ tracker: "sqlite:////project/mlflow.db", runId: "0123456789abcdef0123456789abcdef" },
      ...{ artifactUri: "/project/mlruns/1/0123/artifacts", startedAt: 1, endedAt: Date.now() },
    },
  };
}

/** What lies in a folder: content and rights by path, links as such. */
export async function readAll(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const walk = async (at: string, path: string): Promise<void> => {
    for await (const entry of Deno.readDir(at)) {
      const [each, name] = [join(at, entry.name), path === "" ? entry.name : `${path}/${entry.name}`];
      if (entry.isDirectory) {
        found[`${name}/`] = "folder";
        await walk(each, name);
      } else if (entry.isFile) {
        const { mode } = await Deno.lstat(each);
        found[name] = `${((mode ?? 0) & 0o111) !== 0} ${digestBytes(await Deno.readFile(each))}`;
      } else found[name] = `link ${await Deno.readLink(each)}`;
    }
  };
  await walk(folder, "");
  return Object.fromEntries(Object.entries(found).sort());
}
