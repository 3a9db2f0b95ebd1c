/** The arguments of `sluice run` and `sluice plan`: a pipeline's file, then what only that pipeline can read. */
import { unwrap } from "../../core/error.ts";
import type { PipelineDefinition } from "../../core/pipeline.ts";
import {
  type CommandSpec,
  helpOption,
  type OptionSpec,
  type PositionalSpec,
} from "../../terminal/command_spec.ts";
import { findOption } from "../../terminal/option_values.ts";
import type { PipelineCommand } from "../../terminal/pipeline_arguments.ts";
import { type Known, readArguments } from "../../terminal/read_arguments.ts";
import { helpLayout, printHelp, type Surroundings } from "../command.ts";

export const pipelinePositional: PositionalSpec = {
  name: "pipeline",
  value: { is: "file", placeholder: "PIPELINE" },
  isOptional: true,
  default: "pipeline.ts of this folder",
  description: "A file, a folder with a pipeline.ts, or either with #name for one of several",
};

export const entryPointPositional: PositionalSpec = {
  name: "entry point",
  value: { is: "text", placeholder: "ENTRY-POINT" },
  isOptional: true,
  default: "main",
  description: "What to run, as with --entry-point",
};

/** What was asked of a pipeline; undefined when it was help, which is printed. */
export async function readPipelineCall(
  spec: CommandSpec,
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<{ definition: PipelineDefinition; command: Extract<PipelineCommand, { is: "run" }> } | undefined> {
  const { file, rest, asksForHelp } = findPipelineFile(argv, spec.options);
  if (asksForHelp && file === undefined) {
    printHelp(spec, surroundings);
    return undefined;
  }
  const { loadPipeline } = await import("../../compose/load_pipeline.ts");
  const definition = await loadPipeline(file ?? ".", surroundings.workingFolder);
  const { parsePipelineArguments } = await import("../../terminal/pipeline_arguments.ts");
  const command = unwrap(parsePipelineArguments(definition, rest, spec.options));
  if (command.is === "run") return { definition, command };
  const { pipelineHelp } = await import("../../terminal/pipeline_help.ts");
  const program = ["sluice", spec.name, ...(file === undefined ? [] : [file])].join(" ");
  const entryPoint = command.is === "help" ? command.entryPoint : undefined;
  const help = { program, options: spec.options, ...helpLayout(surroundings) };
  surroundings.stdout.write(pipelineHelp(definition, entryPoint, help));
  return undefined;
}

export interface PipelineFile {
  /** As it was typed; undefined when none was. */
  readonly file?: string;
  /** The other arguments, which only the pipeline can read. */
  readonly rest: readonly string[];
  readonly asksForHelp: boolean;
}

/** The first positional is the file. What no table knows is taken for a parameter with a value. */
export function findPipelineFile(argv: readonly string[], options: readonly OptionSpec[]): PipelineFile {
  const find = findOption(options);
  const parameter = (written: string): Known<OptionSpec | undefined> | undefined =>
    written.startsWith("--") ? { of: undefined, takes: "value" } : undefined;
  const read = readArguments<OptionSpec | undefined>(argv, (written) => find(written) ?? parameter(written));
  const asksForHelp = read.some((argument) => argument.is === "option" && argument.of === helpOption);
  const first = read.find((argument) => argument.is === "positional");
  if (first === undefined) return { rest: argv, asksForHelp };
  return { file: first.text, rest: argv.toSpliced(first.index, 1), asksForHelp };
}
