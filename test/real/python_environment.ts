/** Python environments with real programs, for tests and benchmarks: made once and kept. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readPipSettings, uvSettings } from "../../src/environments/pip_settings.ts";
import { isOnPath } from "../real_part.ts";

/**
 * The python of an environment with these requirements, in the user's cache.
 *
 * Made in a temporary folder and renamed, so that whatever is there is whole; one maker at a time.
 */
export async function pythonEnvironment(what: string, requirements: readonly string[]): Promise<string> {
  const cache = join(
    Deno.env.get("XDG_CACHE_HOME") || join(Deno.env.get("HOME") ?? "", ".cache"),
    "sluice-test",
  );
  const name = `${what}-${createHash("sha256").update(requirements.join("\n")).digest("hex").slice(0, 12)}`;
  const folder = join(cache, name);
  const python = join(folder, "bin", "python");
  if (existsSync(python)) return python;
  await Deno.mkdir(cache, { recursive: true });
  using lock = await Deno.open(join(cache, `${name}.lock`), { create: true, write: true });
  await lock.lock(true);
  if (existsSync(python)) return python;
  const uv = await findUv(cache);
  const temporary = join(cache, `${name}.new`);
  await Deno.remove(temporary, { recursive: true }).catch(() => {});
  const interpreter = isOnPath("python3.11") && await succeeds("python3.11") ? "python3.11" : "python3";
  const base = (await call(interpreter, ["-c", "import sys; print(sys.executable)"])).trim();
  await call(uv, ["venv", "--quiet", "--relocatable", "--python", base, temporary]);
  const into = ["--python", join(temporary, "bin", "python"), "--compile-bytecode"];
  const settings = uvSettings(readPipSettings(Deno.env.toObject()), Deno.env.toObject(), Deno.cwd());
  await call(
    uv,
    ["pip", "install", "--quiet", ...into, ...settings.arguments, ...requirements],
    settings.variables,
  );
  await Deno.rename(temporary, folder);
  return python;
}

async function findUv(cache: string): Promise<string> {
  if (isOnPath("uv")) return "uv";
  const folder = join(cache, "uv");
  const uv = join(folder, "bin", "uv");
  if (existsSync(uv)) return uv;
  const temporary = `${folder}.new`;
  await Deno.remove(temporary, { recursive: true }).catch(() => {});
  await call("python3", ["-m", "pip", "install", "--quiet", "--no-input", "--target", temporary, "uv"]);
  await Deno.rename(temporary, folder);
  return uv;
}

/** A shim of pyenv is on PATH even where its version is not chosen, so that it must be tried. */
async function succeeds(interpreter: string): Promise<boolean> {
  return await call(interpreter, ["--version"]).then(() => true, () => false);
}

async function call(
  program: string,
  args: string[],
  variables: Record<string, string> = {},
): Promise<string> {
  const output = await new Deno.Command(program, { args, env: variables }).output();
  const text = new TextDecoder();
  if (!output.success) throw new Error(`${program} ${args.join(" ")} failed:\n${text.decode(output.stderr)}`);
  return text.decode(output.stdout);
}
