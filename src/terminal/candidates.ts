/** What may stand where the cursor is. */
import { entryPoints, findReach } from "../core/entry_point.ts";
import { describeSpec, type ParameterSpec } from "../core/parameter.ts";
import { mainEntryPoint, type PipelineDefinition } from "../core/pipeline.ts";
import type { CommandSpec, OptionSpec, ValueSpec } from "./command_spec.ts";
import { findOption } from "./option_values.ts";
import { namesOf, type ParameterOption, parameterOptions } from "./parameter_options.ts";
import { readArguments } from "./read_arguments.ts";
import { safeText } from "./safe_text.ts";

export interface Candidate {
  readonly word: string;
  readonly description?: string;
}

/** Lines for a completion script: the word, a tab, its description. */
export const candidateLines = (candidates: readonly Candidate[]): string[] =>
  candidates.map(({ word, description }) =>
    description === undefined || description === ""
      ? safeText(word)
      : `${safeText(word)}\t${safeText(description)}`
  );

/** For the arguments of one command of a table; empty where file names fit best. */
export function commandCandidates(
  spec: CommandSpec,
  before: readonly string[],
  current: string,
): Candidate[] {
  const wanted = wantedValue(spec.options, before, current);
  if (wanted !== undefined) return valueCandidates(wanted);
  if (current.startsWith("-")) return spec.options.map(optionCandidate);
  const count =
    readArguments(before, findOption(spec.options)).filter(({ is }) => is === "positional").length;
  const positional = spec.positionals[count] ??
    spec.positionals.filter(({ isRepeatable }) => isRepeatable).at(-1);
  return positional === undefined ? spec.options.map(optionCandidate) : valueCandidates(positional.value);
}

/** For the arguments of a pipeline: entry points first, then parameters and flags. `before` leaves the program out. */
export function pipelineCandidates(
  definition: PipelineDefinition,
  before: readonly string[],
  current: string,
  options: readonly OptionSpec[],
): Candidate[] {
  const names = entryPoints(definition);
  const entryPoint = before.find((word) => names.includes(word)) ?? mainEntryPoint;
  const taken = new Set(options.map((option) => option.name));
  const parameters = parameterOptions(findReach(definition, entryPoint)!, taken);
  const last = before.at(-1) ?? "";

  if (last === "-e" || last === "--entry-point") return entryPointCandidates(definition);
  if (last === "-P" || last === "--param") return assignments(parameters.all, current);
  const known = parameters.findFlag(last);
  if (known?.takes === "value") return specCandidates(known.of.spec);
  const inline = /^(--[^=]+)=/.exec(current);
  const inlined = inline === null ? undefined : parameters.findFlag(inline[1]!);
  if (inlined !== undefined) {
    return specCandidates(inlined.of.spec).map(({ word }) => ({ word: `${inline![1]}=${word}` }));
  }
  const wanted = wantedValue(options, before, current);
  if (wanted !== undefined) return valueCandidates(wanted);
  if (!current.startsWith("-") && !before.some((word) => names.includes(word))) {
    return entryPointCandidates(definition);
  }
  return [
    ...parameters.all.flatMap(({ flag, parameter: { spec } }) =>
      flag === undefined ? [] : [{ word: `--${flag}`, description: spec.description ?? describeSpec(spec) }]
    ),
    ...options.map(optionCandidate),
  ];
}

const entryPointCandidates = (definition: PipelineDefinition): Candidate[] => [
  { word: mainEntryPoint },
  ...stepCandidates(definition),
];

/** The steps of a pipeline, by the names they have in it. */
export const stepCandidates = (definition: PipelineDefinition): Candidate[] =>
  definition.steps.map(({ name, definition: { description } }) => ({
    word: name,
    ...(description === undefined ? {} : { description }),
  }));

function assignments(parameters: readonly ParameterOption[], current: string): Candidate[] {
  const equals = current.indexOf("=");
  if (equals < 0) return parameters.map(({ parameter }) => ({ word: `${namesOf(parameter)[0]}=` }));
  const name = current.slice(0, equals);
  const found = parameters.find(({ parameter }) => namesOf(parameter).includes(name));
  return found === undefined
    ? []
    : specCandidates(found.parameter.spec).map(({ word }) => ({ word: `${name}=${word}` }));
}

function specCandidates(spec: ParameterSpec): Candidate[] {
  switch (spec.type) {
    case "boolean":
      return [{ word: "true" }, { word: "false" }];
    case "choice":
      return spec.choices.map((word) => ({ word }));
    default:
      return [];
  }
}

const optionCandidate = (option: OptionSpec): Candidate => ({
  word: `--${option.name}`,
  description: option.description,
});

/** What the option just before the cursor takes, or the one before a `=` at the cursor. */
function wantedValue(
  options: readonly OptionSpec[],
  before: readonly string[],
  current: string,
): (ValueSpec & { readonly prefix?: string }) | undefined {
  const find = findOption(options);
  const inline = /^(--[^=]+)=/.exec(current);
  if (inline !== null) {
    const value = find(inline[1]!)?.of.value;
    return value && { ...value, prefix: `${inline[1]}=` };
  }
  return find(before.at(-1) ?? "")?.of.value;
}

function valueCandidates(value: ValueSpec & { readonly prefix?: string }): Candidate[] {
  return value.is === "choice" ? value.choices.map((word) => ({ word: `${value.prefix ?? ""}${word}` })) : [];
}
