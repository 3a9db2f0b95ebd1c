/** `--help` of a command, and of a program with several. */
import {
  type CommandSpec,
  describeValue,
  type Example,
  type OptionSpec,
  optionTerm,
  positionalTerm,
} from "./command_spec.ts";
import type { Paint } from "./paint.ts";
import { definitionLines, wrapText } from "./wrap_text.ts";

export interface CommandHelpOptions {
  /** What is typed before the command's name: `sluice`. */
  readonly program: string;
  readonly columns: number;
  readonly paint: Paint;
}

/** `sluice runs show RUN [OPTION]…`. */
export function usageText(spec: CommandSpec, program: string): string {
  const name = spec.name === "" ? program : `${program} ${spec.name}`;
  return [name, ...spec.positionals.map(positionalTerm), "[OPTION]…"].join(" ");
}

/** All that `--help` prints of a command, its last line feed too; `columns` cells wide where the words allow. */
export function commandHelp(spec: CommandSpec, { program, columns, paint }: CommandHelpOptions): string {
  const positionals = spec.positionals.map((each) => [positionalTerm(each), describeValue(each)] as const);
  return joinSections([
    wrapText(`${spec.summary}.${spec.description === undefined ? "" : ` ${spec.description}`}`, columns),
    [`Usage: ${usageText(spec, program)}`],
    ...(positionals.length === 0
      ? []
      : [[paint("bold", "Arguments:"), ...definitionLines(positionals, columns)]]),
    optionLines(spec.options, columns, paint),
    exampleLines(spec.examples, spec.name === "" ? program : `${program} ${spec.name}`, columns, paint),
  ]);
}

/** The commands of a program, or of a group of them, one a line. */
export function programHelp(
  title: string,
  commands: readonly CommandSpec[],
  options: readonly OptionSpec[],
  examples: readonly Example[],
  { program, columns, paint }: CommandHelpOptions,
): string {
  return joinSections([
    wrapText(title, columns),
    [`Usage: ${program} COMMAND [ARGUMENT]… [OPTION]…`],
    [
      paint("bold", "Commands:"),
      ...definitionLines(commands.map(({ name, summary }) => [name, summary] as const), columns),
    ],
    ...(options.length === 0 ? [] : [optionLines(options, columns, paint)]),
    exampleLines(examples, program, columns, paint),
    [`\`${program} COMMAND --help\` says more of one command.`],
  ]);
}

function optionLines(options: readonly OptionSpec[], columns: number, paint: Paint): string[] {
  const entries = options.map((option) => [optionTerm(option), describeValue(option)] as const);
  return [paint("bold", "Options:"), ...definitionLines(entries, columns)];
}

function exampleLines(
  examples: readonly Example[],
  program: string,
  columns: number,
  paint: Paint,
): string[] {
  if (examples.length === 0) return [];
  const entries = examples.map((example) =>
    [`${program} ${example.arguments}`.trimEnd(), example.description] as const
  );
  return [paint("bold", "Examples:"), ...definitionLines(entries, columns)];
}

const joinSections = (sections: readonly (readonly string[])[]): string =>
  `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n")}\n`;
