/** What a completion script of the program asks for. */
import { SluiceError } from "../core/error.ts";
import {
  type Candidate,
  candidateLines,
  commandCandidates,
  pipelineCandidates,
} from "../terminal/candidates.ts";
import type { Command, Surroundings } from "./command.ts";
import { commands } from "./commands.ts";
import { findPipelineFile, pipelinePositional } from "./commands/pipeline_file.ts";
import { findCommand, programOptions } from "./program.ts";

/** Writes a candidate a line. `before` are the words before the one at the cursor, without the program. */
export async function printCandidates(
  before: readonly string[],
  current: string,
  surroundings: Surroundings,
): Promise<number> {
  const lines = candidateLines(await findCandidates(before, current, surroundings));
  surroundings.stdout.write(lines.map((line) => `${line}\n`).join(""));
  return 0;
}

async function findCandidates(
  before: readonly string[],
  current: string,
  surroundings: Surroundings,
): Promise<readonly Candidate[]> {
  const found = findCommand(before);
  if (found === undefined) return nextWords(before, current);
  const { spec } = found.command;
  if (!spec.positionals.includes(pipelinePositional)) return commandCandidates(spec, found.rest, current);
  return await candidatesOfPipeline(found.command, found.rest, current, surroundings);
}

/** The next word of each command that begins with the words so far. */
function nextWords(before: readonly string[], current: string): Candidate[] {
  const next = new Map<string, string>();
  for (const { spec } of commands) {
    const words = spec.name.split(" ");
    if (!before.every((word, index) => words[index] === word)) continue;
    const word = words[before.length];
    if (word !== undefined && !next.has(word)) {
      next.set(word, words.length === before.length + 1 ? spec.summary : "");
    }
  }
  if (before.length === 0 && current.startsWith("-")) {
    for (const { name, description } of programOptions) next.set(`--${name}`, description);
  }
  return [...next].map(([word, description]) => ({ word, description }));
}

/** Without a file that loads, only what the table says. */
async function candidatesOfPipeline(
  command: Command,
  rest: readonly string[],
  current: string,
  { workingFolder }: Surroundings,
): Promise<readonly Candidate[]> {
  const { options } = command.spec;
  const { file, rest: further } = findPipelineFile(rest, options);
  if (file === undefined && !current.startsWith("-") && !rest.some((word) => word.startsWith("-"))) return [];
  try {
    const { loadPipeline } = await import("../compose/load_pipeline.ts");
    return pipelineCandidates(await loadPipeline(file ?? ".", workingFolder), further, current, options);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return commandCandidates(command.spec, rest, current);
  }
}
