/** A copy of the project beside, with a cache of its own, in which runs are made and verified. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { VerifiedItem } from "../../src/compose/verified_item.ts";
import type { Verified } from "../../src/compose/verify_run.ts";
import { denoFolder } from "../../src/scheduler/deno_folder.ts";
import {
  configFile,
  finish,
  type Finished,
  sluiceProgram,
  startDeno,
  workingFolder,
} from "../run/run_project.ts";

const original = fileURLToPath(new URL("./project/", import.meta.url));
const root = new URL("../../", import.meta.url);

export async function verifyProject() {
  const folder = await workingFolder();
  for (const { name } of Deno.readDirSync(original)) {
    await Deno.copyFile(join(original, name), join(folder.path, name));
  }
  // Functions run with the configuration beside their module.
  const { imports } = JSON.parse(await Deno.readTextFile(configFile));
  await Deno.writeTextFile(
    join(folder.path, "deno.json"),
    JSON.stringify({ imports: { ...imports, sluice: new URL("mod.ts", root).href } }),
  );
  await Deno.mkdir(join(folder.path, "state"));
  const cache = join(folder.path, "cache");
  const variables = { XDG_CACHE_HOME: cache, DENO_DIR: denoFolder(Deno.env.toObject())! };
  const start = (args: readonly string[]) => startDeno([sluiceProgram, ...args], folder.path, variables);
  return {
    path: folder.path,
    file: (name: string) => join(folder.path, name),
    /** The tracker is not among the sources, but the cache would be. */
    start,
    sluice: (...args: string[]): Promise<Finished> => finish(start(args)),
    async run(pipeline: string): Promise<Finished> {
      const finished = await finish(start(["run", `pipeline.ts#${pipeline}`, "--json"]));
      if (finished.code !== 0) throw new Error(`${finished.stderr}${finished.stdout}`);
      return finished;
    },
    /** What is left of verifications. */
    leftovers(): string[] {
      try {
        return [...Deno.readDirSync(join(cache, "sluice", "verify"))].map(({ name }) => name);
      } catch {
        return [];
      }
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

export const readVerified = ({ stdout }: Finished): Verified => JSON.parse(stdout);

/** `step.name`, or `step` for a step. */
export const itemsByName = (verified: Verified): Record<string, VerifiedItem> =>
  Object.fromEntries(
    verified.items.map((item) => [item.name === "" ? item.step : `${item.step}.${item.name}`, item]),
  );
