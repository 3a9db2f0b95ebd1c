/** What a completion script of the program asks for. */
import { SluiceError } from "../core/error.ts";
import {
  type Candidate,
  candidateLines,
  commandCandidates,
  pipelineCandidates,
  stepCandidates,
} from "../terminal/candidates.ts";
import type { Command, Surroundings } from "./command.ts";
import { entryPointPositional, findPipelineFile } from "./commands/pipeline_file.ts";
import { readWhyWords, stepPositional, withEntryPoint } from "./commands/why.ts";
import { commands, findCommand } from "./commands.ts";
import { programOptions } from "./program_spec.ts";

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
  const { positionals } = found.command.spec;
  const candidates = positionals.includes(stepPositional)
    ? candidatesOfStep
    : positionals.includes(entryPointPositional)
    ? candidatesOfPipeline
    : undefined;
  if (candidates === undefined) return commandCandidates(found.command.spec, found.rest, current);
  try {
    return await candidates(found.command, found.rest, current, surroundings);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    // Without a file that loads, only what the table says.
    return commandCandidates(found.command.spec, found.rest, current);
  }
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

async function candidatesOfPipeline(
  { spec: { options } }: Command,
  rest: readonly string[],
  current: string,
  { workingFolder }: Surroundings,
): Promise<readonly Candidate[]> {
  const { file, rest: further } = findPipelineFile(rest, options);
  if (file === undefined && !current.startsWith("-") && !rest.some((word) => word.startsWith("-"))) return [];
  const { loadPipeline } = await import("../compose/load_pipeline.ts");
  return pipelineCandidates(await loadPipeline(file ?? ".", workingFolder), further, current, options);
}

/** A step of the pipeline, then the pipeline's file, then its parameters. */
async function candidatesOfStep(
  { spec: { options } }: Command,
  before: readonly string[],
  current: string,
  { workingFolder }: Surroundings,
): Promise<readonly Candidate[]> {
  const { step, file, rest } = readWhyWords(before);
  const withCurrent = current.startsWith("-") ? { step, file } : readWhyWords([...before, current]);
  const isStep = step === undefined && (withCurrent.step ?? withCurrent.file) !== file;
  const isFile = step !== undefined && file === undefined && withCurrent.file !== undefined;
  if (isFile) return [];
  const { loadPipeline } = await import("../compose/load_pipeline.ts");
  const definition = await loadPipeline(file ?? ".", workingFolder);
  return isStep
    ? stepCandidates(definition)
    : pipelineCandidates(definition, withEntryPoint(definition, step, rest), current, options);
}
