/** Finds the Python interpreters of the machine: on PATH, under pyenv and among uv's own. */
import { join } from "node:path";
import { refuse } from "../core/error.ts";
import {
  type Interpreter,
  type InterpreterFacts,
  type InterpreterMemory,
  openInterpreterMemory,
} from "./interpreter_memory.ts";
import { compareVersions, matchesSpecifiers, matchesVersion } from "./python_version.ts";
import type { ToolSurroundings } from "./provider.ts";

/** Which interpreter is wanted. */
export interface InterpreterRequest {
  /** `3.12` or `3.12.1`: as many parts as must be the same. */
  readonly version?: string;
  /** A `requires-python` such as `>=3.10,<3.14`. */
  readonly requires?: string;
}

/**
 * The newest interpreter that fits; the same as last time while that is there and unchanged, so that a new patch
 * release on the machine changes nobody's environment.
 * Fails with INTERPRETER_MISSING, naming those that were found.
 */
export async function findInterpreter(
  request: InterpreterRequest,
  { cache, variables }: ToolSurroundings,
): Promise<Interpreter> {
  const memory = await openInterpreterMemory(cache);
  const search = ["PATH", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME", "HOME"]
    .map((name) => variables[name]);
  const question = JSON.stringify([request.version, request.requires, ...search]);
  const before = memory.recall(question);
  if (before !== undefined) return before;
  const found = await findInterpreters(variables, memory);
  const chosen = found.find((one) => fits(one, request));
  return chosen === undefined ? refuseMissing(request, found) : await memory.choose(question, chosen);
}

function fits(one: InterpreterFacts, { version, requires }: InterpreterRequest): boolean {
  return one.implementation === "cpython" &&
    (version === undefined ? /^[\d.]+$/.test(one.version) : matchesVersion(version, one.version)) &&
    (requires === undefined || matchesSpecifiers(requires, one.version));
}

function refuseMissing(request: InterpreterRequest, found: readonly InterpreterFacts[]): never {
  const wanted = [request.version, request.requires].filter((part) => part !== undefined).join(" and ");
  const version = request.version ?? /\d+\.\d+/.exec(request.requires ?? "")?.[0] ?? "3.13";
  refuse({
    code: "INTERPRETER_MISSING",
    message: `Cannot make an environment with Python${wanted === "" ? "" : ` \`${wanted}\``} as ${
      found.length === 0 ? "no interpreter was found" : "no interpreter found has that version"
    }`,
    ...(found.length === 0 ? {} : {
      details: `found:\n${found.map((one) => `  ${one.version.padEnd(9)} ${one.path}`).join("\n")}`,
    }),
    hint:
      `Install Python ${version}, such as with \`pyenv install ${version}\` or \`uv python install ${version}\`` +
      (found.length === 0 ? "" : ", or ask for a version that was found"),
  });
}

/** All interpreters of the machine that run, the newest first. */
export async function listInterpreters(
  { cache, variables }: ToolSurroundings,
): Promise<readonly InterpreterFacts[]> {
  return await findInterpreters(variables, await openInterpreterMemory(cache));
}

/** All interpreters, the newest first; among equals, in the order of the search. Python 2 is left out. */
async function findInterpreters(
  variables: Readonly<Record<string, string>>,
  memory: InterpreterMemory,
): Promise<readonly InterpreterFacts[]> {
  const found = new Map<string, InterpreterFacts>();
  for (const path of candidates(variables)) {
    const facts = await memory.examine(path, async () => {
      const { examineInterpreter } = await import("./examine_interpreter.ts");
      return await examineInterpreter(path, variables);
    });
    if (facts !== undefined && !found.has(facts.path)) found.set(facts.path, facts);
  }
  return [...found.values()].sort((a, b) => compareVersions(b.version, a.version));
}

/** Programs that may be interpreters: real paths, each once. */
function candidates(variables: Readonly<Record<string, string>>): string[] {
  const home = variables["HOME"];
  const inHome = (...parts: string[]) => home === undefined ? undefined : join(home, ...parts);
  const pyenv = variables["PYENV_ROOT"] ?? inHome(".pyenv");
  const data = variables["XDG_DATA_HOME"] ?? inHome(".local", "share");
  const uv = variables["UV_PYTHON_INSTALL_DIR"] ??
    (data === undefined ? undefined : join(data, "uv", "python"));
  const onPath = (variables["PATH"] ?? "").split(":").filter((folder) => folder.startsWith("/"))
    .flatMap((folder) => namesIn(folder, /^python(3(\.\d+)?)?$/).map((name) => join(folder, name)));
  const installed = [pyenv === undefined ? undefined : join(pyenv, "versions"), uv]
    .filter((folder) => folder !== undefined)
    .flatMap((folder) => namesIn(folder, /^[^.]/).map((name) => join(folder, name, "bin", "python3")));
  return [...new Set([...onPath, ...installed].map(realPath).filter((path) => path !== undefined))];
}

function namesIn(folder: string, pattern: RegExp): string[] {
  try {
    return [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((name) => pattern.test(name))
      .sort();
  } catch {
    return [];
  }
}

function realPath(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch {
    return undefined;
  }
}
