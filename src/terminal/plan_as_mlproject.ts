/** A plan's commands as the text of an MLproject file. */
import { type CommandTemplate, type Hole, quoteForShell, type WordPart } from "../core/command.ts";
import { outputFileName } from "../core/kind.ts";
import type { ParameterSpec } from "../core/parameter.ts";
import type { Plan, PlannedArgument, PlannedBinding, PlannedInput, PlannedStep } from "../core/plan.ts";
import { safeText } from "./safe_text.ts";

/**
 * One entry point a step that runs a command, with the plan's values as defaults.
 *
 * A step's outputs go to `outputs/<step>/`, where the steps that take them look, so running the entry points in
 * order with `mlflow run . -e <step> --env-manager local` does what the plan says. Ranges have no place in an MLproject,
 * nor have `run` functions: a comment stands for them. The format is MLflow's, with JSON for each scalar.
 */
export function planAsMlproject(plan: Plan): string {
  const steps = plan.steps.flatMap((step) => ["", ...stepLines(step, plan)]);
  const title = safeText(`Commands of ${plan.pipeline} ${plan.entryPoint}, in the order of the plan`);
  return [`# ${title}`, `name: ${JSON.stringify(plan.pipeline)}`, "", "entry_points:", ...steps.slice(1), ""]
    .join("\n");
}

function stepLines(step: PlannedStep, plan: Plan): string[] {
  if (step.body.is === "function") {
    return [`  # ${safeText(step.name)} is a function in TypeScript: MLproject has only commands`];
  }
  const entries = [
    ...Object.entries(step.arguments).map(([name, argument]) =>
      argumentLine(name, argument, step.parameters[name])
    ),
    ...Object.entries(step.inputs).flatMap(([name, binding]) =>
      inputPaths(binding, plan).map(({ suffix, path }) => parameterLine(name + suffix, "path", path))
    ),
    ...Object.keys(step.outputs).map((name) => parameterLine(name, "string", outputPath(step, name))),
  ];
  return [
    `  ${JSON.stringify(step.name)}:`,
    ...(entries.length === 0 ? [] : ["    parameters:", ...entries]),
    `    command: ${JSON.stringify(commandText(step, step.body.command, plan))}`,
  ];
}

function argumentLine(name: string, argument: PlannedArgument, spec: ParameterSpec | undefined): string {
  const type = spec === undefined ? "string" : mlflowTypes[spec.type];
  return argument.is === "value"
    ? parameterLine(name, type, argument.value)
    : `      ${JSON.stringify(name)}: ${type}  # metric ${safeText(argument.metric)} of step ${
      safeText(argument.step)
    }`;
}

const mlflowTypes: Readonly<Record<ParameterSpec["type"], string>> = {
  float: "float",
  int: "float",
  string: "string",
  boolean: "string",
  choice: "string",
  path: "path",
  uri: "uri",
};

const parameterLine = (name: string, type: string, value: string | number | boolean): string =>
  `      ${JSON.stringify(name)}: {type: ${type}, default: ${JSON.stringify(value)}}`;

function outputPath(step: PlannedStep, name: string): string {
  return `outputs/${step.name}/${outputFileName(name, step.outputs[name]!)}`;
}

function inputPaths(binding: PlannedBinding, plan: Plan): { suffix: string; path: string }[] {
  switch (binding.is) {
    case "absent":
      return [];
    case "one":
      return [{ suffix: "", path: inputPath(binding.input, plan) }];
    case "many":
      return binding.inputs.map((input, index) => ({ suffix: `_${index}`, path: inputPath(input, plan) }));
  }
}

function inputPath(input: PlannedInput, plan: Plan): string {
  switch (input.is) {
    case "output":
      return outputPath(plan.steps.find((step) => step.name === input.step)!, input.output);
    case "file":
      return input.path;
    case "registered":
      return input.uri;
  }
}

/** Shell text for `str.format`: literal braces are doubled, and MLflow quotes what it puts into the holes. */
function commandText(step: PlannedStep, command: CommandTemplate, plan: Plan): string {
  const words = command.words.flatMap((word): string[] => {
    switch (word.is) {
      case "word":
        return [word.parts.map((part) => partText(part, step, plan)).join("")];
      case "each":
        return manyHoles(word.input, step, plan);
      case "flag": {
        const argument = step.arguments[word.parameter];
        return argument?.is === "value" && argument.value === true ? [literal(word.flag)] : [];
      }
    }
  });
  const folder = Object.keys(step.outputs).length === 0
    ? []
    : ["mkdir", "-p", literal(`outputs/${step.name}`), "&&"];
  return [...folder, ...words].join(" ");
}

function partText(part: WordPart, step: PlannedStep, plan: Plan): string {
  return part.is === "text" ? literal(part.text) : holeText(part, step, plan);
}

function holeText(hole: Hole, step: PlannedStep, plan: Plan): string {
  if (hole.of !== "input") return `{${hole.name}}`;
  const binding = step.inputs[hole.name];
  if (binding === undefined || binding.is === "absent") return "''";
  return binding.is === "one" ? `{${hole.name}}` : manyHoles(hole.name, step, plan).join(" ");
}

const manyHoles = (input: string, step: PlannedStep, plan: Plan): string[] => {
  const binding = step.inputs[input];
  return binding === undefined ? [] : inputPaths(binding, plan).map(({ suffix }) => `{${input}${suffix}}`);
};

const literal = (text: string): string => quoteForShell(text).replaceAll("{", "{{").replaceAll("}", "}}");
