/** `--help` of a pipeline file: its entry points, and what each takes. */
import { quoteForShell } from "../core/command.ts";
import { findReach, type SettableParameter } from "../core/entry_point.ts";
import { describeSpec, type ParameterSpec, showValue } from "../core/parameter.ts";
import { mainEntryPoint, type PipelineDefinition, type StepUse } from "../core/pipeline.ts";
import { describeValue, type OptionSpec, optionTerm } from "./command_spec.ts";
import type { Paint } from "./paint.ts";
import { type ParameterOption, parameterOptions } from "./parameter_options.ts";
import { pipelineOptions } from "./pipeline_arguments.ts";
import { safeText } from "./safe_text.ts";
import { definitionLines, wrapText } from "./wrap_text.ts";

export interface HelpOptions {
  /** How this pipeline is started: `deno run -A pipeline.ts`. */
  readonly program: string;
  readonly columns: number;
  readonly paint: Paint;
  readonly options?: readonly OptionSpec[];
}

/** Help for the whole file, or for one entry point (which must exist). */
export function pipelineHelp(
  definition: PipelineDefinition,
  entryPoint: string | undefined,
  help: HelpOptions,
): string {
  const sections = entryPoint === undefined
    ? wholeHelp(definition, help)
    : entryPointHelp(definition, entryPoint, help);
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function wholeHelp(definition: PipelineDefinition, help: HelpOptions): string[][] {
  const { program, columns, paint } = help;
  const parameters = parametersOf(definition, mainEntryPoint, help);
  return [
    introduction(definition.name, definition.description, columns),
    [`Usage: ${program} [ENTRY POINT] [--PARAMETER VALUE]… [OPTION]…`],
    [paint("bold", "Entry points:"), ...definitionLines(entryPointEntries(definition), columns)],
    ...parameterSection(`Parameters of ${mainEntryPoint}:`, parameters, help),
    optionSection(help),
    exampleSection(examples(definition, undefined, parameters, program), help),
    [`\`${program} ENTRY-POINT --help\` says what one entry point takes.`],
  ];
}

function entryPointHelp(definition: PipelineDefinition, entryPoint: string, help: HelpOptions): string[][] {
  const { program, columns } = help;
  const use = definition.steps.find((step) => step.name === entryPoint);
  const reach = findReach(definition, entryPoint)!;
  const parameters = parametersOf(definition, entryPoint, help);
  const runs = `Runs: ${foldFamilies(reach.steps).map(({ name }) => safeText(name)).join(", ")}`;
  return [
    introduction(
      `${definition.name} ${entryPoint}`,
      use === undefined ? mainText(definition) : use.definition.description,
      columns,
    ),
    [`Usage: ${program} ${entryPoint} [--PARAMETER VALUE]… [OPTION]…`],
    ...(reach.steps.length > 0 ? [wrapText(runs, columns)] : []),
    ...parameterSection("Parameters:", parameters, help),
    optionSection(help),
    exampleSection(examples(definition, entryPoint, parameters, program), help),
  ];
}

const introduction = (name: string, description: string | undefined, columns: number): string[] =>
  wrapText(safeText(description === undefined ? name : `${name}: ${description}`), columns);

function mainText(definition: PipelineDefinition): string {
  const returned = Object.keys(definition.results);
  return returned.length === 0 ? "Every step" : `What the pipeline returns: ${returned.join(", ")}`;
}

function entryPointEntries(definition: PipelineDefinition): (readonly [string, string])[] {
  const steps = foldFamilies(definition.steps).map(({ name, uses }) => {
    const description = safeText(uses[0]!.definition.description ?? "");
    if (uses.length === 1) return [safeText(name), description] as const;
    const names = `${uses.length} steps, \`${safeText(uses[0]!.name)}\` to \`${
      safeText(uses.at(-1)!.name)
    }\``;
    return [safeText(name), description === "" ? names : `${description} (${names})`] as const;
  });
  return [[mainEntryPoint, `${safeText(mainText(definition))} (default)`], ...steps];
}

/** Steps made by `each` are one entry under the name of their family. */
function foldFamilies(uses: readonly StepUse[]): { name: string; uses: StepUse[] }[] {
  const folded = new Map<string, { name: string; uses: StepUse[] }>();
  for (const use of uses) {
    const key = use.family === undefined ? `step ${use.name}` : `family ${use.family}`;
    const entry = folded.get(key);
    if (entry === undefined) folded.set(key, { name: use.family ?? use.name, uses: [use] });
    else entry.uses.push(use);
  }
  return [...folded.values()].map(({ name, uses }) => ({
    name: uses.length === 1 ? uses[0]!.name : name,
    uses,
  }));
}

function parametersOf(
  definition: PipelineDefinition,
  entryPoint: string,
  help: HelpOptions,
): readonly ParameterOption[] {
  const taken = new Set((help.options ?? pipelineOptions).map((option) => option.name));
  return parameterOptions(findReach(definition, entryPoint)!, taken).all;
}

function parameterSection(
  title: string,
  parameters: readonly ParameterOption[],
  help: HelpOptions,
): string[][] {
  if (parameters.length === 0) return [];
  const entries = parameters.map((option) => [parameterTerm(option), parameterText(option)] as const);
  return [[help.paint("bold", title), ...definitionLines(entries, help.columns)]];
}

const parameterTerm = ({ flag, parameter }: ParameterOption): string =>
  safeText(flag === undefined ? `-P ${parameter.shortName ?? parameter.name}=VALUE` : `--${flag}`);

/** `Learning rate (float from 0 to 1; default: 0.5)`. */
function parameterText({ flag, parameter: { spec, name, shortName } }: ParameterOption): string {
  const facts = [
    safeText(describeSpec(spec)),
    spec.default === undefined ? "required" : `default: ${showDefault(spec)}`,
    ...(flag === undefined ? [`\`--${safeText(shortName ?? name)}\` is an option of sluice`] : []),
  ].join("; ");
  return spec.description === undefined ? facts : `${safeText(spec.description)} (${facts})`;
}

function showDefault(spec: ParameterSpec): string {
  return spec.default === "" ? "an empty text" : safeText(showValue(spec.default));
}

function optionSection(help: HelpOptions): string[] {
  const entries = (help.options ?? pipelineOptions).map((option) =>
    [optionTerm(option), describeValue(option)] as const
  );
  return [help.paint("bold", "Options:"), ...definitionLines(entries, help.columns)];
}

const exampleSection = (lines: readonly string[], { paint }: HelpOptions): string[] => [
  paint("bold", "Examples:"),
  ...lines.map((line) => `  ${line}`),
];

/** Two or three commands that could be typed as they are. */
function examples(
  definition: PipelineDefinition,
  entryPoint: string | undefined,
  parameters: readonly ParameterOption[],
  program: string,
): string[] {
  const start = entryPoint === undefined || entryPoint === mainEntryPoint
    ? program
    : `${program} ${entryPoint}`;
  const required = parameters.filter(({ parameter }) => parameter.spec.default === undefined).map(assign);
  const optional = parameters.find(({ parameter }) => parameter.spec.default !== undefined);
  const first = [start, ...required].join(" ");
  const lines = [first];
  if (optional !== undefined) lines.push(`${first} ${assign(optional)}`);
  const step = definition.steps.at(-1);
  if (entryPoint === undefined && step !== undefined) lines.push(`${program} ${step.name} --help`);
  else lines.push(`${first} --dry-run`);
  return lines.map(safeText);
}

function assign({ flag, parameter }: ParameterOption): string {
  const value = exampleValue(parameter);
  if (flag === undefined) return `-P ${quoteForShell(`${parameter.shortName ?? parameter.name}=${value}`)}`;
  if (parameter.spec.type === "boolean") return value === "true" ? `--${flag}` : `--no-${flag}`;
  return value.startsWith("-") && Number.isNaN(Number(value))
    ? `--${flag}=${quoteForShell(value)}`
    : `--${flag} ${quoteForShell(value)}`;
}

/** A value the specification allows, other than the default where one is easily found. */
function exampleValue({ spec }: SettableParameter): string {
  switch (spec.type) {
    case "boolean":
      return String(!(spec.default ?? false));
    case "choice":
      return spec.choices.find((choice) => choice !== spec.default) ?? spec.choices[0] ?? "";
    case "float":
    case "int": {
      if (spec.max !== undefined && spec.max !== spec.default) return String(spec.max);
      if (spec.min !== undefined && spec.min !== spec.default) return String(spec.min);
      const low = spec.type === "float" ? spec.exclusiveMin : undefined;
      const high = spec.type === "float" ? spec.exclusiveMax : undefined;
      if (low !== undefined && high !== undefined) return String((low + high) / 2);
      return String(spec.default ?? (low !== undefined ? low + 1 : high !== undefined ? high - 1 : 1));
    }
    case "path":
      return spec.default ?? "data.csv";
    case "uri":
      return spec.default ?? "models:/name/1";
    case "string":
      return spec.default ?? "text";
  }
}
