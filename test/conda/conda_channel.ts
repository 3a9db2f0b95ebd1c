/** A channel of conda that the tests make, and calls with a cache of their own. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { finish, type Finished, sluiceProgram, startDeno } from "../run/run_project.ts";

export interface CondaPlace {
  readonly folder: string;
  readonly channel: string;
  readonly variables: Readonly<Record<string, string>>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Its packages are those that `make_channel.py` makes. */
export async function openCondaPlace(): Promise<CondaPlace> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-conda-" }));
  const channel = join(folder, "channel");
  const { success, stderr } = await new Deno.Command("python3", {
    args: [fileURLToPath(new URL("make_channel.py", import.meta.url)), channel],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const usual = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/", ".cache");
  return {
    folder,
    channel,
    variables: {
      XDG_CACHE_HOME: join(folder, "cache"),
      DENO_DIR: Deno.env.get("DENO_DIR") ?? join(usual, "deno"),
      UV_CACHE_DIR: Deno.env.get("UV_CACHE_DIR") ?? join(usual, "uv"),
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** A folder with these files, in the place's own. */
export async function makeFolder(
  place: CondaPlace,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = await Deno.makeTempDir({ dir: place.folder, prefix: "work-" });
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(folder, name), text);
  return folder;
}

export const startSluice = (
  place: CondaPlace,
  folder: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Deno.ChildProcess => startDeno([sluiceProgram, ...args], folder, { ...place.variables, ...variables });

export const callSluice = (...given: Parameters<typeof startSluice>): Promise<Finished> =>
  finish(startSluice(...given));
