/** The options of a table as they were given, each checked against its specification. */
import { fail, type Failure, type Result, succeed } from "../core/error.ts";
import { nearest } from "../core/nearest.ts";
import { showValue } from "../core/parameter.ts";
import { type CommandSpec, helpOption, type OptionSpec, optionTerm, positionalTerm } from "./command_spec.ts";
import { type Known, type ReadArgument, readArguments } from "./read_arguments.ts";
import { listNames } from "../core/suggest.ts";

/** By option name; a switch that was given holds `true`. */
export type OptionValues = ReadonlyMap<string, readonly string[]>;

/** The first that was given; undefined where the option was not. */
export const valueOf = (values: OptionValues, name: string): string | undefined => values.get(name)?.[0];

export interface CommandArguments {
  readonly positionals: readonly string[];
  readonly options: OptionValues;
}

/**
 * Reads the arguments of one command of a table.
 *
 * `help` is among the options when it was asked for, and then nothing else is checked.
 * Fails with FLAG_UNKNOWN and ARGUMENT_INVALID.
 */
export function parseCommand(spec: CommandSpec, argv: readonly string[]): Result<CommandArguments> {
  const read = readArguments(argv, findOption(spec.options));
  if (asksForHelp(read)) return succeed({ positionals: [], options: new Map([["help", ["true"]]]) });
  const collected = collectOptions(read, spec.options);
  if (!collected.ok) return collected;
  const positionals = read.flatMap((argument) => argument.is === "positional" ? [argument.text] : []);
  const failure = checkPositionals(spec, positionals);
  return failure === undefined ? succeed({ positionals, options: collected.value }) : fail(failure);
}

/** Finds options of a table by `--name` and `-n`. */
export function findOption(
  options: readonly OptionSpec[],
): (written: string) => Known<OptionSpec> | undefined {
  const known = new Map<string, Known<OptionSpec>>();
  for (const option of options) {
    const entry = { of: option, takes: option.value === undefined ? "nothing" : "value" } as const;
    known.set(`--${option.name}`, entry);
    if (option.short !== undefined) known.set(`-${option.short}`, entry);
  }
  return (written) => known.get(written);
}

/** Whether `--help` is among them. */
export const asksForHelp = (read: readonly ReadArgument<OptionSpec>[]): boolean =>
  read.some((argument) => argument.is === "option" && argument.of.name === helpOption.name);

/** Fails with the first thing wrong: FLAG_UNKNOWN or ARGUMENT_INVALID. */
export function collectOptions(
  read: readonly ReadArgument<OptionSpec>[],
  options: readonly OptionSpec[],
): Result<OptionValues> {
  const values = new Map<string, string[]>();
  for (const argument of read) {
    switch (argument.is) {
      case "positional":
        continue;
      case "unknown":
        return fail(unknownFlag(argument.written, options));
      case "value-missing":
      case "value-unwanted":
        return fail(wrongValue(argument, argument.of));
      case "option": {
        const { of, text, written } = argument;
        const problem = checkOption(of, text, written);
        if (problem !== undefined) return fail(problem);
        const given = values.get(of.name);
        if (given === undefined) values.set(of.name, [text]);
        else if (of.isRepeatable) given.push(text);
        else if (of.value !== undefined) return fail(repeated(of));
      }
    }
  }
  return succeed(values);
}

function checkOption({ value }: OptionSpec, text: string, written: string): Failure | undefined {
  if (value === undefined) return undefined;
  const because = value.is === "count" && !/^[1-9]\d{0,8}$/.test(text)
    ? "it must be a whole number of at least 1"
    : value.is === "choice" && !value.choices.includes(text)
    ? `it must be one of: ${value.choices.join(", ")}`
    : text === ""
    ? "it must not be empty"
    : undefined;
  if (because === undefined) return undefined;
  const found = text === "" ? "an empty text" : `\`${showValue(text)}\``;
  return {
    code: "ARGUMENT_INVALID",
    message: `Cannot set \`${written}\` to ${found} as ${because}`,
    hint: `Such as \`${written} ${exampleOf(value)}\``,
  };
}

function exampleOf(value: NonNullable<OptionSpec["value"]>): string {
  if (value.is === "choice") return value.choices.at(-1)!;
  return value.is === "count" ? "4" : value.placeholder;
}

/** A flag that takes a value has none, or the reverse. */
export function wrongValue(
  argument: Extract<ReadArgument<unknown>, { is: "value-missing" | "value-unwanted" }>,
  option: { readonly name: string },
): Failure {
  const { written } = argument;
  if (argument.is === "value-unwanted") {
    return {
      code: "ARGUMENT_INVALID",
      message: `Cannot set \`${written}\` to \`${showValue(argument.text)}\` as it takes no value`,
      hint: `Write \`${written}\` alone`,
    };
  }
  const { found } = argument;
  return {
    code: "ARGUMENT_INVALID",
    message: found === undefined
      ? `Cannot use \`${written}\` without a value`
      : `Cannot use \`${written}\` without a value, as \`${showValue(found)}\` looks like another flag`,
    hint: found === undefined
      ? `Write \`${written} VALUE\``
      : `If it is the value, write \`--${option.name}=${showValue(found)}\``,
  };
}

function repeated(option: OptionSpec): Failure {
  return {
    code: "ARGUMENT_INVALID",
    message: `Cannot use \`--${option.name}\` twice`,
    hint: "Give it once",
  };
}

/** FLAG_UNKNOWN, with the nearest flag and all of them. */
export function unknownFlag(written: string, options: readonly OptionSpec[]): Failure {
  const name = written.replace(/^-+/, "");
  const near = nearest(name, options.map((option) => option.name));
  const all = options.map((option) => `--${option.name}`);
  return {
    code: "FLAG_UNKNOWN",
    message: `Cannot use \`${showValue(written)}\` as there is no flag of that name`,
    hint: `${near === undefined ? "" : `Did you mean \`--${near}\`? `}Flags: ${listNames(all)}`,
  };
}

function checkPositionals(spec: CommandSpec, given: readonly string[]): Failure | undefined {
  const wanted = spec.positionals.filter((positional) => !positional.isOptional);
  const missing = wanted[given.length];
  const usage = `\`sluice ${[spec.name, ...spec.positionals.map(positionalTerm)].join(" ")}\``;
  if (missing !== undefined) {
    return {
      code: "ARGUMENT_INVALID",
      message:
        `Cannot run \`sluice ${spec.name}\` without ${missing.value.placeholder}: ${missing.description}`,
      hint: `Write ${usage}`,
    };
  }
  for (const [index, positional] of spec.positionals.entries()) {
    const text = given[index];
    if (text === undefined) continue;
    if (positional.value.is === "choice" && !positional.value.choices.includes(text)) {
      const choices = positional.value.choices;
      return {
        code: "ARGUMENT_INVALID",
        message: `Cannot use \`${showValue(text)}\` as ${positional.name} must be one of: ${
          choices.join(", ")
        }`,
        hint: `Write ${usage}`,
      };
    }
  }
  const extra = given[spec.positionals.length];
  if (extra === undefined || spec.positionals.at(-1)?.isRepeatable) return undefined;
  return {
    code: "ARGUMENT_INVALID",
    message: `Cannot use the argument \`${showValue(extra)}\` as \`sluice ${spec.name}\` takes ${
      spec.positionals.length === 0 ? "none" : `no more than ${spec.positionals.length}`
    }`,
    hint: `Write ${usage}, options: ${spec.options.map(optionTerm).join(", ")}`,
  };
}
