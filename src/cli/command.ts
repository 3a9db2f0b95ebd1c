/** A command of the program: its table for arguments and help, and what it does. */
import { unwrap } from "../core/error.ts";
import { commandHelp } from "../terminal/command_help.ts";
import { type CommandSpec, helpOption } from "../terminal/command_spec.ts";
import { type CommandArguments, parseCommand } from "../terminal/option_values.ts";
import { choosePaint, type Paint } from "../terminal/paint.ts";
import { colorOptions, readColor } from "../terminal/run_flags.ts";
import type { TextSink } from "../terminal/text_sink.ts";

/** What surrounds a call of the program. */
export interface Surroundings {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly workingFolder: string;
  readonly variables: Readonly<Record<string, string>>;
}

export interface Command {
  readonly spec: CommandSpec;
  /** Gives the exit code. Throws a `SluiceError` for what was asked wrongly. */
  run(argv: readonly string[], surroundings: Surroundings): Promise<number>;
}

/** What an action gets: its arguments, checked, and where to write. */
export interface Call extends CommandArguments, Surroundings {
  /** For standard output. */
  readonly paint: Paint;
  /** Of the terminal; absent when standard output is none, where lines may be as long as they are. */
  readonly columns?: number;
}

/** A command whose arguments are all in its table; `--help` and colours are added to it. */
export function makeCommand(given: CommandSpec, action: (call: Call) => Promise<number>): Command {
  const spec = { ...given, options: [...given.options, ...colorOptions, helpOption] };
  return {
    spec,
    async run(argv, surroundings) {
      const parsed = unwrap(parseCommand(spec, argv));
      const { stdout, variables } = surroundings;
      const paint = choosePaint(readColor(parsed.options), stdout.isTerminal, (name) => variables[name]);
      if (parsed.options.has(helpOption.name)) return printHelp(spec, surroundings);
      const columns = stdout.isTerminal ? { columns: stdout.size().columns } : {};
      return await action({ ...parsed, ...surroundings, paint, ...columns });
    },
  };
}

/** Writes it to standard output; gives the exit code 0. */
export function printHelp(spec: CommandSpec, surroundings: Surroundings): number {
  const { stdout } = surroundings;
  stdout.write(commandHelp(spec, { program: "sluice", ...helpLayout(surroundings) }));
  return 0;
}

/** At most 100 columns, 80 where there is no terminal. */
export function helpLayout({ stdout, variables }: Surroundings): { columns: number; paint: Paint } {
  return {
    columns: stdout.isTerminal ? Math.min(stdout.size().columns, 100) : 80,
    paint: choosePaint("auto", stdout.isTerminal, (name) => variables[name]),
  };
}
