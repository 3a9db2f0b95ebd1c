/** `sluice why`: whether a step would run now, and exactly why. */
import type { Why } from "../../core/cause.ts";
import { findReach } from "../../core/entry_point.ts";
import { refuse, unwrap } from "../../core/error.ts";
import { showValue } from "../../core/parameter.ts";
import { mainEntryPoint, type PipelineDefinition } from "../../core/pipeline.ts";
import {
  type CommandSpec,
  helpOption,
  type OptionSpec,
  type PositionalSpec,
} from "../../terminal/command_spec.ts";
import { escapeControls } from "../../terminal/json_reporter.ts";
import { choosePaint } from "../../terminal/paint.ts";
import {
  cacheOption,
  colorOptions,
  entryPointOption,
  jsonOption,
  lockedOption,
  parameterOption,
  sandboxOption,
  trackingOption,
} from "../../terminal/run_flags.ts";
import { writeLines } from "../../terminal/text_sink.ts";
import { type Command, printHelp, type Surroundings } from "../command.ts";
import { findPipelineFile, pipelinePositional } from "./pipeline_file.ts";

export const stepPositional: PositionalSpec = {
  name: "step",
  value: { is: "text", placeholder: "STEP" },
  description: "The name of a step of the pipeline",
};

const options: readonly OptionSpec[] = [
  entryPointOption,
  parameterOption,
  sandboxOption,
  cacheOption,
  lockedOption,
  jsonOption,
  trackingOption,
  ...colorOptions,
  helpOption,
];

const spec: CommandSpec = {
  name: "why",
  summary: "Say whether a step would run now, and exactly why",
  description: "Tells what changed since its last run with old and new, down to the line of a source file. " +
    "Parameters are given as for a run, and the step is asked about as part of that run. Nothing runs.",
  positionals: [stepPositional, pipelinePositional],
  options,
  examples: [
    { arguments: "train", description: "A step of pipeline.ts in this folder" },
    { arguments: "train pipelines/iris --alpha 0.1", description: "Of another pipeline, with a parameter" },
    { arguments: "train --json", description: "For programs" },
  ],
};

export const why: Command = {
  spec,
  async run(argv, surroundings) {
    const asked = await readWhyCall(argv, surroundings);
    if (asked === undefined) return 0;
    const { definition, step, command } = asked;
    const { whyRequest } = await import("../../compose/why_request.ts");
    const answer = await whyRequest(definition, step, command.request, command.flags);
    const { stdout, variables } = surroundings;
    if (command.flags.json) {
      const { canonicalJson } = await import("../../core/canonical_json.ts");
      const json = canonicalJson(whyJson(definition, step, answer));
      stdout.write(`${stdout.isTerminal ? escapeControls(json) : json}\n`);
      return 0;
    }
    const { whyLines } = await import("../../terminal/why_text.ts");
    const paint = choosePaint(command.flags.color, stdout.isTerminal, (name) => variables[name]);
    writeLines(stdout, whyLines(step, answer, paint));
    return 0;
  },
};

function whyJson({ name }: PipelineDefinition, step: string, answer: Why) {
  return {
    version: 1,
    pipeline: name,
    step,
    ...(answer.is === "skipped" ? { skipped: answer.because, chain: [] } : {
      chain: answer.chain.map((each) => ({ step: each.step, ...each.forecast })),
      ...(answer.omitted === undefined ? {} : { omitted: answer.omitted }),
    }),
  };
}

/** What is asked before the pipeline is known: the step, its pipeline's file, and what only the pipeline can read. */
export interface WhyWords {
  readonly step?: string;
  readonly file?: string;
  readonly rest: readonly string[];
  readonly asksForHelp: boolean;
}

/** The step is the first positional, the pipeline's file the second; a file that stands first is seen as one. */
export function readWhyWords(argv: readonly string[]): WhyWords {
  const { file: first, ...asked } = findPipelineFile(argv, options);
  if (first === undefined) return asked;
  const { file: second, rest } = findPipelineFile(asked.rest, options);
  const [step, file] = /\.[jt]sx?(#|$)/.test(first) ? [second, first] : [first, second];
  return {
    ...(step === undefined ? {} : { step }),
    ...(file === undefined ? {} : { file }),
    rest,
    asksForHelp: asked.asksForHelp,
  };
}

async function readWhyCall(argv: readonly string[], surroundings: Surroundings) {
  const { step, file, rest, asksForHelp } = readWhyWords(argv);
  if (asksForHelp) return void printHelp(spec, surroundings);
  if (step === undefined) {
    return refuse({
      code: "ARGUMENT_INVALID",
      message: `Cannot tell why as no step ${file === undefined ? "" : `of \`${showValue(file)}\` `}is named`,
      hint: "Write `sluice why STEP`; `sluice plan` shows the steps",
    });
  }
  const { loadPipeline } = await import("../../compose/load_pipeline.ts");
  const definition = await loadPipeline(file ?? ".", surroundings.workingFolder);
  const { parsePipelineArguments } = await import("../../terminal/pipeline_arguments.ts");
  const command = unwrap(parsePipelineArguments(definition, withEntryPoint(definition, step, rest), options));
  if (command.is !== "run") return void printHelp(spec, surroundings);
  return { definition, step, command };
}

/** A step that `main` does not reach is asked about as the entry point it is, unless another is named. */
export function withEntryPoint(
  definition: PipelineDefinition,
  step: string | undefined,
  rest: readonly string[],
): readonly string[] {
  const names = [`--${entryPointOption.name}`, `-${entryPointOption.short}`];
  if (rest.some((argument) => names.some((name) => argument.startsWith(name)))) return rest;
  const isReached = (entryPoint: string) =>
    findReach(definition, entryPoint)?.steps.some((use) => use.name === step) === true;
  const isOfMain = step === undefined || isReached(mainEntryPoint) || !isReached(step);
  return [`--${entryPointOption.name}`, isOfMain ? mainEntryPoint : step, ...rest];
}
