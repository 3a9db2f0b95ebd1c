/** Programs that are taken from PyPI where the machine has none: `<cache>/tools/<name>-<version>/`, whole or not at all. */
import { join } from "node:path";
import { lockExclusively } from "../core/file_lock.ts";
import { isFile } from "./is_file.ts";
import type { ToolSurroundings, Work } from "./provider.ts";
import { type ProgramResult, runProgram } from "./run_program.ts";

export interface FetchedTool {
  readonly name: string;
  readonly version: string;
  /** Where the program lies in the tool's folder. */
  readonly program: string;
}

/** Its program, where it was fetched before. */
export function findTool({ name, version, program }: FetchedTool, cache: string): string | undefined {
  const path = join(cache, "tools", `${name}-${version}`, program);
  return isFile(path) ? path : undefined;
}

/** Its program; `fetch` fills a folder, which is renamed when that is done. Of several processes one fetches. */
export async function ensureTool(
  tool: FetchedTool,
  surroundings: ToolSurroundings,
  work: Work,
  fetch: (folder: string, surroundings: ToolSurroundings, work: Work) => Promise<void>,
): Promise<string> {
  const { cache } = surroundings;
  const before = findTool(tool, cache);
  if (before !== undefined) return before;
  const name = `${tool.name}-${tool.version}`;
  const held = await lockExclusively(cache, name, {
    signal: work.signal,
    onWait: () => work.onProgress({ is: "waiting" }),
  });
  try {
    const meanwhile = findTool(tool, cache);
    if (meanwhile !== undefined) return meanwhile;
    const tools = join(cache, "tools");
    const temporary = join(tools, `.${name}.${crypto.randomUUID()}`);
    await Deno.mkdir(temporary, { recursive: true });
    try {
      await fetch(temporary, surroundings, work);
      // What lies there lacks its program, or it would have been found.
      await Deno.remove(join(tools, name), { recursive: true }).catch(() => {});
      await Deno.rename(temporary, join(tools, name));
    } finally {
      await Deno.remove(temporary, { recursive: true }).catch(() => {});
    }
    return join(tools, name, tool.program);
  } finally {
    held.release();
  }
}

/** Installs with pip into `folder`, so with pip's own settings; 127 without Python. */
export async function pipInstall(
  wanted: readonly string[],
  folder: string,
  variables: Readonly<Record<string, string>>,
  work: Work,
): Promise<ProgramResult> {
  const target = ["--target", folder, "--no-deps", "--only-binary", ":all:", ...wanted];
  const quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"];
  try {
    return await runProgram({
      program: "python3",
      arguments: ["-m", "pip", "install", ...quiet, ...target],
      variables: { ...variables, PIP_USER: "0", PIP_REQUIRE_VIRTUALENV: "0" },
      folder,
      signal: work.signal,
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { code: 127, stdout: "", stderr: "python3: not found" };
    throw error;
  }
}
