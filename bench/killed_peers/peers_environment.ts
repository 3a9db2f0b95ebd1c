/** Snakemake and DVC, from PyPI, in an environment of the user's cache. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findUv } from "../find_uv.ts";

const packages = ["snakemake==9.27.1", "dvc==3.67.1"];

/** The folder of their programs; made when it is missing. */
export async function peersPrograms(): Promise<string> {
  const variables = Deno.env.toObject();
  const cache = variables["XDG_CACHE_HOME"] || join(variables["HOME"] ?? "", ".cache");
  const folder = join(cache, "sluice-test", "killed-peers");
  const mark = join(folder, packages.join("-"));
  if (existsSync(mark)) return join(folder, "bin");
  await Deno.mkdir(join(cache, "sluice-test"), { recursive: true });
  const uv = await findUv(variables, Deno.cwd());
  await run(uv, ["venv", "--quiet", "--clear", folder]);
  await run(uv, ["pip", "install", "--quiet", "--python", join(folder, "bin", "python"), ...packages]);
  await Deno.writeTextFile(mark, "");
  return join(folder, "bin");
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args: [...args], stdout: "inherit" }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
}
