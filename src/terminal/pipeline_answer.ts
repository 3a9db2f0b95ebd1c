/** What a pipeline file prints when it is not asked to run. */
import { unreachable } from "../core/error.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import { candidateLines, pipelineCandidates } from "./candidates.ts";
import { completionScript } from "./completion_script.ts";
import { choosePaint } from "./paint.ts";
import { type PipelineCommand, pipelineOptions } from "./pipeline_arguments.ts";
import { pipelineHelp } from "./pipeline_help.ts";
import { openSink, type TextSink } from "./text_sink.ts";

/** Prints help, a completion script or its candidates. `program` is how the file is started. */
export function answerPipelineCommand(
  definition: PipelineDefinition,
  command: Exclude<PipelineCommand, { is: "run" }>,
  program: string,
  stdout: TextSink = openSink(Deno.stdout),
): void {
  switch (command.is) {
    case "help": {
      const paint = choosePaint("auto", stdout.isTerminal, Deno.env.get);
      const columns = stdout.isTerminal ? Math.min(stdout.size().columns, 100) : 80;
      return stdout.write(pipelineHelp(definition, command.entryPoint, { program, columns, paint }));
    }
    case "completion":
      return stdout.write(completionScript(command.shell, program.split(/[\s/]/).at(-1)!));
    case "candidates": {
      const before = command.words.slice(1, command.index);
      const current = command.words[command.index] ?? "";
      const found = pipelineCandidates(definition, before, current, pipelineOptions);
      return stdout.write(candidateLines(found).map((line) => `${line}\n`).join(""));
    }
    default:
      return unreachable(command);
  }
}
