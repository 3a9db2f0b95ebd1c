/** Looks at what this machine has of what runs need; changes nothing. */
import { cacheFolder } from "../core/cache_folder.ts";
import { access, constants, statfs } from "node:fs/promises";
import { isThere } from "../core/is_there.ts";
import { dirname, join } from "node:path";
import { SluiceError } from "../core/error.ts";
import { findProgram } from "../core/find_program.ts";
import { locateTracker, openTracker, type TrackerChoice } from "./open_tracker.ts";
import { sluiceVersion } from "./version.ts";

export interface Examined {
  readonly name: string;
  /** `later`: not there, and made or fetched when a run needs it. `missing`: something to do first. */
  readonly state: "ok" | "later" | "missing";
  readonly found: string;
  /** What to do when it is missing. */
  readonly advice?: string;
}

export type ExamineOptions = Omit<TrackerChoice, "create">;

/** What is missing or broken is in what it gives. Fails with FOLDER_NOT_WRITABLE where no cache folder is known. */
export async function examineMachine(options: ExamineOptions): Promise<Examined[]> {
  const { variables } = options;
  const cache = cacheFolder(variables);
  return [
    { name: "sluice", state: "ok", found: sluiceVersion },
    { name: "deno", state: "ok", found: `${Deno.version.deno} at ${Deno.execPath()}` },
    await examineUv(options, cache),
    ...await examinePythons(options, cache),
    await examineHolding(options, cache),
    await examineCache(cache),
    await examineTracker(options),
    await examineGit(options),
  ];
}

async function examineUv({ variables, workingFolder }: ExamineOptions, cache: string): Promise<Examined> {
  const name = "uv";
  const { uvVersion } = await import("../environments/uv.ts");
  const path = findProgram("uv", variables["PATH"] ?? "", workingFolder);
  if (path !== undefined) {
    return { name, state: "ok", found: `${await versionOf(path, variables)} at ${path}` };
  }
  const fetched = join(cache, "tools", `uv-${uvVersion}`, "bin", "uv");
  if (await isThere(fetched)) return { name, state: "ok", found: `${uvVersion} at ${fetched}` };
  if (findProgram("python3", variables["PATH"] ?? "", workingFolder) !== undefined) {
    return { name, state: "later", found: `the first Python environment fetches ${uvVersion} with pip` };
  }
  return {
    name,
    state: "later",
    found: "none",
    advice: "For Python steps, install uv, or Python 3 with pip",
  };
}

async function examinePythons(
  { variables, workingFolder }: ExamineOptions,
  cache: string,
): Promise<Examined[]> {
  const { listInterpreters } = await import("../environments/interpreters.ts");
  const found = await listInterpreters({ project: workingFolder, cache, variables });
  if (found.length === 0) {
    return [{ name: "python", state: "later", found: "none", advice: "For Python steps, install Python 3" }];
  }
  return found.map(({ version, path }) => ({ name: "python", state: "ok", found: `${version} at ${path}` }));
}

/** What holds steps; bubblewrap is not fetched for it. */
async function examineHolding({ variables }: ExamineOptions, cache: string): Promise<Examined> {
  const name = "sandbox";
  const { findBubblewrap } = await import("../environments/bubblewrap.ts");
  const { bubblewrapVersion } = await import("../environments/fetch_bubblewrap.ts");
  const { examineSandbox } = await import("../sandbox/holding_tier.ts");
  const bubblewrap = await findBubblewrap(cache, variables, { isOffline: true });
  const { tier, found, reasons, advice } = await examineSandbox({
    cache,
    findBubblewrap: () => Promise.resolve(bubblewrap),
  });
  if (tier === "bubblewrap") return { name, state: "ok", found };
  if (Deno.build.os === "linux" && bubblewrap === undefined) {
    const fetched = `the first run fetches bubblewrap ${bubblewrapVersion} with pip`;
    return { name, state: "later", found: tier === undefined ? fetched : `${found}; ${fetched}` };
  }
  return {
    name,
    state: tier === undefined ? "missing" : "ok",
    found: [found, ...reasons].join("; "),
    ...(advice === undefined ? {} : { advice }),
  };
}

/** The nearest folder that is there says whether the cache can be written, and how much space it has. */
async function examineCache(cache: string): Promise<Examined> {
  const name = "cache";
  let folder = cache;
  while (!await isThere(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const freeBytes = bavail * bsize;
    const free = `${(freeBytes / 1e9).toFixed(1)} GB free`;
    const found = `${cache}${folder === cache ? "" : " (not made yet)"}, ${free}`;
    if (freeBytes > 1e9) return { name, state: "ok", found };
    const advice = "Free some space: `sluice env gc` removes what nobody needs";
    return { name, state: "missing", found, advice };
  } catch {
    return {
      name,
      state: "missing",
      found: `${cache} cannot be written`,
      advice: "Set XDG_CACHE_HOME to a folder that can",
    };
  }
}

async function examineTracker(options: ExamineOptions): Promise<Examined> {
  const name = "tracker";
  try {
    const location = locateTracker(options);
    if (location.is === "file" && !await isThere(location.path)) {
      return { name, state: "later", found: `the first run makes ${location.path}` };
    }
    const tracker = await openTracker({ ...options, create: false });
    try {
      const experiments = await tracker.listExperiments();
      return { name, state: "ok", found: `${tracker.uri}, ${experiments.length} experiments` };
    } finally {
      await tracker.close();
    }
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const { message, hint } = error.failure;
    return { name, state: "missing", found: message, ...(hint === undefined ? {} : { advice: hint }) };
  }
}

async function examineGit({ variables, workingFolder }: ExamineOptions): Promise<Examined> {
  const path = findProgram("git", variables["PATH"] ?? "", workingFolder);
  if (path !== undefined) {
    return { name: "git", state: "ok", found: `${await versionOf(path, variables)} at ${path}` };
  }
  return { name: "git", state: "later", found: "none", advice: "Install git to have runs name their commit" };
}

/** The first number with dots among what `--version` prints. */
async function versionOf(path: string, variables: Readonly<Record<string, string>>): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(path, {
      args: ["--version"],
      clearEnv: true,
      env: { ...variables },
      stdin: "null",
      stderr: "null",
    }).output();
    return /\d+(\.\d+)+/.exec(new TextDecoder().decode(stdout))?.[0] ?? "of an unknown version";
  } catch {
    return "one that cannot be started";
  }
}
