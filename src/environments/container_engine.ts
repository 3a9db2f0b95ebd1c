/** The program that runs containers: Docker's or podman's. */
import { refuse } from "../core/error.ts";
import { findProgram } from "../core/find_program.ts";
import { type ProgramResult, runProgram } from "./run_program.ts";

export interface ContainerEngine {
  /** The program with what it is always given first. */
  readonly words: readonly [program: string, ...rest: string[]];
  /** Runs one of its commands to its end. */
  run(args: readonly string[], options?: EngineRun): Promise<ProgramResult>;
}

export interface EngineRun {
  /** Each line of its standard error, as it comes. */
  readonly onLine?: (line: string) => void;
  /** It ends whatever the signal of the whole run says. */
  readonly signal?: AbortSignal;
}

export interface EngineSurroundings {
  readonly variables: Readonly<Record<string, string>>;
  /** Where it is run. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** What names another one, with arguments that go before its command: `podman --runtime crun`. */
const engineVariable = "SLUICE_CONTAINER_ENGINE";

/** `docker` where its service answers, else `podman`, unless SLUICE_CONTAINER_ENGINE names another. Throws TOOL_MISSING. */
export async function findContainerEngine(surroundings: EngineSurroundings): Promise<ContainerEngine> {
  const { variables, folder } = surroundings;
  const isThere = (program: string) => findProgram(program, variables["PATH"] ?? "", folder) !== undefined;
  const [named, ...rest] = (variables[engineVariable] ?? "").split(/\s+/).filter((word) => word !== "");
  if (named !== undefined) {
    if (!isThere(named)) refuseMissing(`as ${engineVariable} names \`${named}\`, which is not on PATH`);
    return openEngine([named, ...rest], surroundings);
  }
  if (isThere("docker")) {
    const docker = openEngine(["docker"], surroundings);
    // The program alone is no engine.
    if ((await docker.run(["version"])).code === 0) return docker;
  }
  if (isThere("podman")) return openEngine(["podman"], surroundings);
  return refuseMissing(
    isThere("docker")
      ? "as the service of `docker` does not answer, and there is no `podman`"
      : "as there is neither `docker` nor `podman`",
  );
}

function refuseMissing(why: string): never {
  return refuse({
    code: "TOOL_MISSING",
    message: `Cannot use an image ${why}`,
    hint: `Install Debian's \`podman\`, start Docker, or name an engine in ${engineVariable}`,
  });
}

function openEngine(words: ContainerEngine["words"], surroundings: EngineSurroundings): ContainerEngine {
  const [program, ...rest] = words;
  return {
    words,
    run: (args, options = {}) =>
      runProgram({ ...surroundings, ...options, program, arguments: [...rest, ...args] }),
  };
}
