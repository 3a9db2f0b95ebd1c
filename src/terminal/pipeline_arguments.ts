/** The arguments of a pipeline file: `train --alpha 0.1`, by the same rules for `sluice run`. */
import { findReach, type SettableParameter, unknownEntryPoint } from "../core/entry_point.ts";
import { fail, type Failure, type Result, SluiceError, succeed, unwrap } from "../core/error.ts";
import { showValue } from "../core/parameter.ts";
import { inside } from "../core/place.ts";
import { mainEntryPoint, type PipelineDefinition } from "../core/pipeline.ts";
import type { RunRequest } from "../core/run.ts";
import { type CandidateRequest, readCandidateRequest } from "./candidate_request.ts";
import { helpOption, type OptionSpec } from "./command_spec.ts";
import {
  asksForHelp,
  collectOptions,
  findOption,
  type OptionValues,
  valueOf,
  wrongValue,
} from "./option_values.ts";
import { type ParameterOptions, parameterOptions } from "./parameter_options.ts";
import { type ReadArgument, readArguments } from "./read_arguments.ts";
import {
  completionOption,
  entryPointOption,
  exportOption,
  readRunFlags,
  type RunFlags,
  runOptions,
  strictOption,
} from "./run_flags.ts";
import type { Shell } from "./completion_script.ts";
import { unknownParameter, unknownParameterOrFlag } from "./unknown_parameter.ts";

export type PipelineCommand =
  | { readonly is: "help"; readonly entryPoint?: string }
  | {
    readonly is: "run";
    readonly request: RunRequest;
    readonly flags: RunFlags;
    /** All options as they were given, for a command with more of its own. */
    readonly options: OptionValues;
  }
  | { readonly is: "completion"; readonly shell: Shell }
  | CandidateRequest;

/** Options of a pipeline file; those of `sluice run` are `runOptions`. */
export const pipelineOptions: readonly OptionSpec[] = [
  ...runOptions.filter((option) => option !== helpOption),
  exportOption,
  strictOption,
  completionOption,
  helpOption,
];

type Named = { readonly is: "flag"; readonly option: OptionSpec } | {
  readonly is: "parameter";
  readonly parameter: SettableParameter;
};

/**
 * What the arguments after the file ask for.
 *
 * The first positional is the entry point, `main` when there is none. Values of parameters are kept as they were
 * typed: ranges are checked by the plan. A flag of ours wins over a parameter of its name, which `-P` still sets.
 * Fails with ENTRY_POINT_UNKNOWN, PARAM_UNKNOWN, PARAM_CONFLICT, FLAG_UNKNOWN and ARGUMENT_INVALID.
 */
export function parsePipelineArguments(
  definition: PipelineDefinition,
  argv: readonly string[],
  options: readonly OptionSpec[] = pipelineOptions,
): Result<PipelineCommand> {
  const candidates = readCandidateRequest(argv);
  if (candidates !== undefined) return succeed(candidates);
  try {
    return succeed(parse(definition, argv, options));
  } catch (error) {
    if (error instanceof SluiceError) return fail(error.failure);
    throw error;
  }
}

function parse(
  definition: PipelineDefinition,
  argv: readonly string[],
  options: readonly OptionSpec[],
): PipelineCommand {
  const taken = new Set(options.map((option) => option.name));
  const findFlag = findOption(options);
  const read = (parameters: ParameterOptions) =>
    readArguments<Named>(argv, (written) => {
      const flag = findFlag(written);
      if (flag !== undefined) return { ...flag, of: { is: "flag", option: flag.of } };
      const parameter = parameters.findFlag(written);
      return parameter && { ...parameter, of: { is: "parameter", parameter: parameter.of } };
    });

  const whole = { steps: definition.steps, parameters: everyParameter(definition) };
  const first = read(parameterOptions(whole, taken));
  const isHelp = asksForHelp(flagsOf(first)) || positionalsOf(first)[0] === "help";
  const named = entryPointOf(first, isHelp);
  const entryPoint = named ?? mainEntryPoint;
  const reach = findReach(definition, entryPoint);
  if (reach === undefined) throw new SluiceError(unknownEntryPoint(definition, entryPoint));
  if (isHelp) return named === undefined ? { is: "help" } : { is: "help", entryPoint: named };

  const parameters = parameterOptions(reach, taken);
  const second = read(parameters);
  const values = unwrap(
    collectOptions(flagsOf(second, definition, entryPoint, parameters, options), options),
  );
  const shell = valueOf(values, completionOption.name);
  if (shell !== undefined) return { is: "completion", shell: shell as Shell };
  refuseExtra(definition, second, values, named);
  const given = collectParameters(definition, entryPoint, parameters, second, values.get("param") ?? []);
  return {
    is: "run",
    request: { entryPoint, parameters: given, isText: true },
    flags: readRunFlags(values),
    options: values,
  };
}

/** Each parameter by its full name and, whatever the entry point, its last part: for telling values from positionals. */
function everyParameter(definition: PipelineDefinition): SettableParameter[] {
  return Object.entries(definition.parameters).flatMap(([name, spec]) => {
    const short = name.slice(name.lastIndexOf(".") + 1);
    return definition.parameters[short] === undefined ? [{ name, shortName: short, spec }] : [{ name, spec }];
  });
}

/** The flags alone; with the further arguments, whatever is unknown or lacks its value is refused first. */
function flagsOf(
  read: readonly ReadArgument<Named>[],
  definition?: PipelineDefinition,
  entryPoint = mainEntryPoint,
  parameters?: ParameterOptions,
  options: readonly OptionSpec[] = [],
): ReadArgument<OptionSpec>[] {
  return read.flatMap((argument): ReadArgument<OptionSpec>[] => {
    if (argument.is === "positional") return [argument];
    if (argument.is === "unknown") {
      if (definition === undefined || parameters === undefined) return [];
      throw new SluiceError(
        unknownParameterOrFlag(definition, entryPoint, argument.written, parameters, options),
      );
    }
    if (argument.of.is === "flag") return [{ ...argument, of: argument.of.option }];
    if (definition !== undefined && argument.is !== "option") {
      throw new SluiceError(wrongValue(argument, { name: argument.written.slice(2) }));
    }
    return [];
  });
}

const positionalsOf = (read: readonly ReadArgument<Named>[]): string[] =>
  read.flatMap((argument) => argument.is === "positional" ? [argument.text] : []);

function entryPointOf(read: readonly ReadArgument<Named>[], isHelp: boolean): string | undefined {
  // What follows an unknown name is taken for its value, so that the name is complained of.
  const unknown = new Set(read.flatMap((argument) => argument.is === "unknown" ? [argument.index] : []));
  const positionals = read.flatMap((argument) =>
    argument.is === "positional" && !unknown.has(argument.index - 1) ? [argument.text] : []
  );
  if (isHelp && positionals[0] === "help") positionals.shift();
  const option = read.find((argument) =>
    argument.is === "option" && argument.of.is === "flag" && argument.of.option === entryPointOption
  );
  return positionals[0] ?? (option?.is === "option" ? option.text : undefined);
}

/** A second positional, or one that differs from `--entry-point`. */
function refuseExtra(
  definition: PipelineDefinition,
  read: readonly ReadArgument<Named>[],
  values: OptionValues,
  named: string | undefined,
): void {
  const others = [...positionalsOf(read).filter((text, index) => index > 0 || text !== named)];
  const extra = others[0] ?? values.get(entryPointOption.name)?.find((text) => text !== named);
  if (extra === undefined) return;
  throw new SluiceError({
    code: "ARGUMENT_INVALID",
    message: `Cannot use the argument \`${showValue(extra)}\`${
      named === undefined ? "" : ` as the entry point is \`${named}\``
    }`,
    at: definition.place,
    hint: "Give one entry point first, then parameters as `--name value`",
  });
}

/** By full name. */
function collectParameters(
  definition: PipelineDefinition,
  entryPoint: string,
  parameters: ParameterOptions,
  read: readonly ReadArgument<Named>[],
  assignments: readonly string[],
): Readonly<Record<string, string>> {
  const given = new Map<string, { text: string; written: string }>();
  const set = ({ name }: SettableParameter, text: string, written: string) => {
    const other = given.get(name);
    if (other !== undefined) throw new SluiceError(setTwice(definition, name, other.written, written));
    given.set(name, { text, written });
  };
  for (const argument of read) {
    if (argument.is === "option" && argument.of.is === "parameter") {
      set(argument.of.parameter, argument.text, argument.written);
    }
  }
  for (const assignment of assignments) {
    const equals = assignment.indexOf("=");
    if (equals <= 0) throw new SluiceError(notAssignment(assignment));
    const name = assignment.slice(0, equals);
    const parameter = parameters.find(name);
    if (parameter === undefined) {
      throw new SluiceError(unknownParameter(definition, entryPoint, name, parameters));
    }
    set(parameter, assignment.slice(equals + 1), `-P ${name}`);
  }
  return Object.fromEntries([...given].map(([name, { text }]) => [name, text]));
}

function setTwice(definition: PipelineDefinition, name: string, first: string, second: string): Failure {
  return {
    code: "PARAM_CONFLICT",
    message: first === second
      ? `Cannot set parameter "${name}" twice with \`${first}\``
      : `Cannot set parameter "${name}" twice, with \`${first}\` and \`${second}\``,
    at: inside(definition.place, `parameter "${name}"`),
    hint: "Give it once",
  };
}

function notAssignment(assignment: string): Failure {
  return {
    code: "ARGUMENT_INVALID",
    message: `Cannot set a parameter by \`-P ${showValue(assignment)}\` as it is not \`name=value\``,
    hint: "Such as `-P alpha=0.1`",
  };
}
