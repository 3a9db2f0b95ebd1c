/** The tool py-rattler: solves and installs conda environments with no conda installed. Taken from PyPI. */
import { join } from "node:path";
import { refuse } from "../core/error.ts";
import { CondaAnswer, type CondaQuestion, condaScript } from "./conda_script.ts";
import { findInterpreter } from "./interpreters.ts";
import type { ToolSurroundings, Work } from "./provider.ts";
import { runProgram } from "./run_program.ts";
import { ensureTool, type FetchedTool } from "./tools.ts";
import { fetchArguments, findUv, runUv } from "./uv.ts";

/** The version that is taken from PyPI. */
const rattlerVersion = "0.28.0";

const tool: FetchedTool = { name: "py-rattler", version: rattlerVersion, program: "rattler/__init__.py" };

/** Where packages of conda and what channels hold are kept, for all projects of a user. */
const packageCache = (cache: string): string => join(cache, "conda");

/** Throws TOOL_MISSING and ENVIRONMENT_FAILED, where Python is missing or ends without an answer. */
export async function askRattler(
  question: CondaQuestion,
  surroundings: ToolSurroundings,
  work: Work,
): Promise<CondaAnswer> {
  // Wheels of it are for any Python from 3.10 on.
  const { path: python } = await findInterpreter({ requires: ">=3.10" }, surroundings);
  const program = await ensureTool(
    tool,
    surroundings,
    work,
    (folder, around, fetching) => fetchRattler(python, folder, around, fetching),
  );
  const { cache, variables } = surroundings;
  const result = await runProgram({
    program: python,
    arguments: ["-c", condaScript],
    variables: {
      ...variables,
      PYTHONPATH: join(program, "..", ".."),
      PYTHONDONTWRITEBYTECODE: "1",
      PYTHONSAFEPATH: "1",
    },
    folder: cache,
    stdin: JSON.stringify({ ...question, cache: packageCache(cache) }),
    signal: work.signal,
    onLine(line) {
      if (/^(Downloading|Installing) /.test(line)) work.onProgress({ is: "installing", message: line });
    },
  });
  try {
    return CondaAnswer.parse(JSON.parse(result.stdout));
  } catch {
    return refuse({
      code: "ENVIRONMENT_FAILED",
      message: `Cannot make a conda environment as py-rattler ended with exit code ${result.code}`,
      details: result.stderr.trim().split("\n").slice(-20).join("\n"),
      hint: `Remove \`${join(cache, "tools")}\` to fetch it anew`,
    });
  }
}

async function fetchRattler(
  python: string,
  folder: string,
  surroundings: ToolSurroundings,
  work: Work,
): Promise<void> {
  work.onProgress({ is: "installing", message: `Fetching py-rattler ${rattlerVersion}` });
  const uv = await findUv(surroundings, work);
  const options = ["--python", python, "--no-python-downloads", "--target", folder, "--no-build"];
  await runUv(
    {
      ...{ uv, folder, isResolving: false, purpose: "fetch py-rattler" },
      arguments: [
        ...["pip", "install", ...options, "--link-mode", "copy", ...fetchArguments(surroundings)],
        `py-rattler==${rattlerVersion}`,
      ],
    },
    surroundings,
    work,
  );
}
