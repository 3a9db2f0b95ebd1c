/** The command line as a page of Markdown: docs/cli.md is what this gives. */
import {
  type CommandSpec,
  describeValue,
  type OptionSpec,
  optionTerm,
  positionalTerm,
} from "../terminal/command_spec.ts";
import { usageText } from "../terminal/command_help.ts";
import { pipelineOptions } from "../terminal/pipeline_arguments.ts";
import { projectRunOptions } from "../terminal/project_flags.ts";
import { commands } from "./commands.ts";
import { programExamples, programOptions, programTitle } from "./program_spec.ts";

const exitCodes: readonly (readonly [code: number, meaning: string])[] = [
  [0, "Done"],
  [1, "A step or an environment failed"],
  [2, "Asked wrongly: an argument, a file, a missing tool, a stale lock"],
  [70, "A bug of sluice, with its stack"],
  [129, "Stopped as the terminal was closed"],
  [130, "Stopped by Ctrl-C"],
  [143, "Stopped by SIGTERM"],
];

/** Ends with an end-of-line. */
export function commandLineDocument(): string {
  const specs = commands.map(({ spec }) => spec);
  const sections = [
    "# The command line",
    "<!-- Written by `deno task docs` from the tables in src/cli and src/terminal: edit those. -->",
    `${programTitle} Data goes to standard output, everything else to standard error. Colours are used on a terminal unless \`NO_COLOR\` is set, and never say anything alone.`,
    ...grammar,
    ...optionSection("### Options of a pipeline file", pipelineOptions),
    ...optionSection("## Options of `sluice run` for an MLflow project", projectRunOptions),
    "## The program",
    table(
      ["command", ""],
      specs.map((spec) => [`[\`sluice ${spec.name}\`](#${anchor(spec)})`, spec.summary]),
    ),
    ...optionSection("", programOptions),
    codeBlock(programExamples.map((example) => `sluice ${example.arguments}`)),
    ...specs.flatMap(commandSections),
    "## Exit codes",
    table(["code", "meaning"], exitCodes.map(([code, meaning]) => [String(code), meaning])),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

const grammar: readonly string[] = [
  "## A pipeline file",
  codeBlock([
    "deno run -A pipeline.ts --help",
    "deno run -A pipeline.ts train --alpha 0.1",
    "sluice run pipeline.ts -e train -P alpha=0.1",
  ]),
  [
    "- The first argument is the entry point: `main`, which runs what the pipeline returns, or a step by its name.",
    "- A parameter is set as `--alpha 0.1` or `--alpha=0.1`, by its exact name or in kebab case (`--batch_size`, `--batch-size`). One of a step upstream is `--preprocess.seed 3`.",
    "- A boolean is set as `--shuffle`, `--no-shuffle` or `--shuffle=false`.",
    "- A negative number is a value (`--alpha -1`); another value that begins with a dash is written `--title=-x`.",
    "- `-P name=value` sets any parameter. Where one has the name of an option below, `-P` is the only way, and `--help` says so.",
    "- A parameter that is given twice is refused, and so is one that the entry point does not use.",
  ].join("\n"),
];

function commandSections(spec: CommandSpec): string[] {
  const positionals = spec.positionals.map((each) => [code(positionalTerm(each)), describeValue(each)]);
  return [
    `## sluice ${spec.name}`,
    `${spec.summary}.${spec.description === undefined ? "" : ` ${spec.description}`}`,
    codeBlock([usageText(spec, "sluice")]),
    positionals.length === 0 ? "" : table(["argument", ""], positionals),
    ...optionSection("", spec.options),
    codeBlock(
      spec.examples.map(({ arguments: words, description }) =>
        `${`sluice ${spec.name} ${words}`.trimEnd()}  # ${description}`
      ),
    ),
  ];
}

const optionSection = (title: string, options: readonly OptionSpec[]): string[] => [
  title,
  table(["option", ""], options.map((option) => [code(optionTerm(option)), describeValue(option)])),
];

/** As GitHub makes them from a heading. */
const anchor = (spec: CommandSpec): string => `sluice-${spec.name.replaceAll(" ", "-")}`;

function codeBlock(lines: readonly string[]): string {
  return ["```sh", ...lines, "```"].join("\n");
}

const code = (text: string): string => `\`${text}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
