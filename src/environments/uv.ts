/** The program uv: found on PATH or in the cache, taken from PyPI where there is none, and run. */
import { join } from "node:path";
import { refuse } from "../core/error.ts";
import { isFile } from "./is_file.ts";
import { readPipSettings, uvSettings } from "./pip_settings.ts";
import type { ToolSurroundings, Work } from "./provider.ts";
import { type ProgramResult, runProgram } from "./run_program.ts";
import { ensureTool, type FetchedTool, findTool, pipInstall } from "./tools.ts";

/** The version that is taken from PyPI. */
export const uvVersion = "0.13.9";

/** A uv that knows what we ask of it: `uv venv --relocatable`, `uv pip sync --require-hashes`, `uv export`. */
const oldestUv = [0, 5, 0];

const found = new Map<string, string>();

/** Finds uv, installing it when it is missing; once in a process. Fails with TOOL_MISSING. */
export async function findUv(surroundings: ToolSurroundings, work: Work): Promise<string> {
  const place = `${surroundings.cache}\n${surroundings.variables["PATH"]}`;
  const before = found.get(place);
  if (before !== undefined && isFile(before)) return before;
  const uv = await lookForUv(surroundings, work);
  found.set(place, uv);
  return uv;
}

async function lookForUv(surroundings: ToolSurroundings, work: Work): Promise<string> {
  const there = await findUvOnPath(surroundings, work);
  if (there !== undefined) return there;
  return await ensureTool(tool, surroundings, work, installUv);
}

/** A uv that is there, without fetching one. */
export async function findUvIfThere(
  surroundings: ToolSurroundings,
  work: Work,
): Promise<string | undefined> {
  return await findUvOnPath(surroundings, work) ?? findTool(tool, surroundings.cache);
}

async function findUvOnPath(surroundings: ToolSurroundings, work: Work): Promise<string | undefined> {
  const { variables } = surroundings;
  for (const folder of (variables["PATH"] ?? "").split(":").filter((one) => one.startsWith("/"))) {
    const path = join(folder, "uv");
    if (isFile(path) && await isRecent(path, surroundings, work)) return path;
  }
  return undefined;
}

const tool: FetchedTool = { name: "uv", version: uvVersion, program: "bin/uv" };

async function isRecent(path: string, { variables }: ToolSurroundings, work: Work): Promise<boolean> {
  const run = { program: path, arguments: ["--version"], variables, folder: "/", signal: work.signal };
  const answer = await runProgram(run).catch(() => undefined);
  work.signal.throwIfAborted();
  const version = /^uv (\d+)\.(\d+)\.(\d+)/.exec(answer?.stdout ?? "")?.slice(1).map(Number);
  if (version === undefined) return false;
  const difference = version.map((part, index) => part - oldestUv[index]!).find((part) => part !== 0) ?? 0;
  return difference >= 0;
}

async function installUv(folder: string, { variables }: ToolSurroundings, work: Work): Promise<void> {
  work.onProgress({ is: "installing", message: `Fetching uv ${uvVersion}` });
  const result = await pipInstall([`uv==${uvVersion}`], folder, variables, work);
  if (result.code === 0) return;
  refuse({
    code: "TOOL_MISSING",
    message: "Cannot make a Python environment as `uv` is missing and `python3 -m pip` did not install it",
    details: result.stderr.trim(),
    hint: "Install uv, such as with `pipx install uv`, or Python 3 with pip",
  });
}

/** One call of uv. */
export interface UvCall {
  readonly uv: string;
  readonly arguments: readonly string[];
  readonly folder: string;
  readonly stdin?: string;
  /** False where exact versions are installed: then no constraint, of pip or the caller, has a say. */
  readonly isResolving: boolean;
  /** What the call is for, as in `Cannot … as uv failed`. */
  readonly purpose: string;
}

/** Variables that would change what uv does beyond where packages come from. */
const withheld = [
  "VIRTUAL_ENV",
  "CONDA_PREFIX",
  "PYTHONPATH",
  "PYTHONHOME",
  "UV_PYTHON",
  "UV_SYSTEM_PYTHON",
  "UV_BREAK_SYSTEM_PACKAGES",
  "UV_PROJECT",
  "UV_PROJECT_ENVIRONMENT",
  "UV_WORKING_DIR",
  "UV_VENV_SEED",
  "UV_VENV_CLEAR",
  "UV_COMPILE_BYTECODE",
  "UV_CUSTOM_COMPILE_COMMAND",
  "UV_REQUIRE_HASHES",
  "UV_NO_VERIFY_HASHES",
];

const resolvingOnly = ["UV_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE", "UV_EXCLUDE_NEWER"];

/** Arguments with which uv fetches as pip would; for the calls that fetch. */
export function fetchArguments({ variables, project }: ToolSurroundings): readonly string[] {
  return uvSettings(readPipSettings(variables), variables, project).arguments;
}

/** Runs uv to a good end; its lines are told as progress. Else fails with its own words. */
export async function runUv(call: UvCall, surroundings: ToolSurroundings, work: Work): Promise<string> {
  const { variables: own, project } = surroundings;
  const variables = { ...own, ...uvSettings(readPipSettings(own), own, project).variables, NO_COLOR: "1" };
  const left = [
    ...withheld,
    ...(call.isResolving ? [] : resolvingOnly),
    // A step sees its environment, and not the cache that links would lead to.
    ...(own["UV_LINK_MODE"] === "symlink" ? ["UV_LINK_MODE"] : []),
  ];
  const result = await runProgram({
    program: call.uv,
    arguments: call.arguments,
    variables: Object.fromEntries(Object.entries(variables).filter(([name]) => !left.includes(name))),
    folder: call.folder,
    ...(call.stdin === undefined ? {} : { stdin: call.stdin }),
    signal: work.signal,
    onLine(line) {
      if (tells.test(line)) work.onProgress({ is: "installing", message: line.trim() });
    },
  });
  if (result.code === 0) return result.stdout;
  return refuseResult(result, call);
}

/** Lines that say how far uv has come. */
const tells =
  /^\s*(Resolved|Preparing|Prepared|Installed|Downloading|Downloaded|Building|Built|Updating|Updated) /;

function refuseResult(result: ProgramResult, { purpose }: UvCall): never {
  const isUnsatisfiable = /No solution found|requirements are unsatisfiable/.test(result.stderr);
  const details = wordsOf(result.stderr);
  if (isUnsatisfiable) {
    refuse({
      code: "REQUIREMENTS_UNSATISFIABLE",
      message: `Cannot ${purpose} as no choice of versions meets all requirements`,
      details,
      hint: "Change the requirements that the explanation names",
    });
  }
  if (/Couldn't parse requirement|Failed to parse/.test(result.stderr)) {
    refuse({
      code: "ENVIRONMENT_INVALID",
      message: `Cannot ${purpose} as a requirement is not written as one`,
      details,
      hint: "Write requirements as pip does, such as `pandas>=2,<3`",
    });
  }
  refuse({
    code: "ENVIRONMENT_FAILED",
    message: `Cannot ${purpose} as uv failed with exit code ${result.code}`,
    details,
    hint: hintFor(result.stderr),
  });
}

/** uv's words from its error on; all of them where it names none. */
function wordsOf(stderr: string): string {
  const start = stderr.search(/^\s*(error:|×|x )/m);
  return stderr.slice(Math.max(start, 0)).trim();
}

function hintFor(stderr: string): string {
  if (/hash mismatch|Hash mismatch/.test(stderr)) {
    return "What the index offers is not what was locked: see that the index can be trusted, or remove the entry from `sluice.lock` to resolve again";
  }
  if (/certificate|UnknownIssuer/i.test(stderr)) {
    return "Name the certificate authority in PIP_CERT or SSL_CERT_FILE";
  }
  if (/error sending request|Failed to fetch|dns error/i.test(stderr)) {
    return "See that the package index can be reached; pip's own settings (PIP_INDEX_URL, PIP_CERT, pip.conf) are used";
  }
  return "See the words of uv above";
}
