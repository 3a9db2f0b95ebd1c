/** `--help` of an MLflow project: its entry points, and what each takes. */
import type { MlflowProject, ProjectParameter } from "../core/mlproject.ts";
import { describeValue, optionTerm } from "./command_spec.ts";
import type { Paint } from "./paint.ts";
import { projectRunOptions } from "./project_flags.ts";
import { safeText } from "./safe_text.ts";
import { definitionLines, wrapText } from "./wrap_text.ts";

export interface ProjectHelpOptions {
  /** How it is started: `sluice run .`. */
  readonly program: string;
  readonly name: string;
  readonly columns: number;
  readonly paint: Paint;
}

/** Ends with an end of line. */
export function projectHelp(
  project: MlflowProject,
  { program, name, columns, paint }: ProjectHelpOptions,
): string {
  const entryPoints = project.entryPoints.map((each) =>
    [
      safeText(each.name),
      `${safeText(each.command ?? "")}${
        each.needs.length === 0 ? "" : ` (after ${each.needs.map(safeText).join(", ")})`
      }`,
    ] as const
  );
  const parameters = project.entryPoints.flatMap((entryPoint) =>
    entryPoint.parameters.map((parameter) =>
      [
        `-P ${safeText(parameter.name)}=${parameter.type.toUpperCase()}`,
        describeParameter(entryPoint.name, parameter),
      ] as const
    )
  );
  const options = projectRunOptions.map((option) => [optionTerm(option), describeValue(option)] as const);
  const sections = [
    wrapText(`${safeText(name)}: an MLflow project.`, columns),
    [`Usage: ${program} [-e ENTRY-POINT] [-P NAME=VALUE]… [OPTION]…`],
    section("Entry points:", entryPoints),
    section("Parameters:", parameters),
    section("Options:", options),
    wrapText(
      "A script can be an entry point as well, such as -e train.py. A parameter that the entry point does not name follows its command as --NAME VALUE.",
      columns,
    ),
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n")}\n`;

  function section(title: string, entries: readonly (readonly [string, string])[]): string[] {
    return entries.length === 0 ? [] : [paint("bold", title), ...definitionLines(entries, columns)];
  }
}

function describeParameter(
  entryPoint: string,
  { default: standard, minimum, maximum, choices }: ProjectParameter,
): string {
  const rules = [
    standard === undefined ? "required" : `default ${safeText(standard)}`,
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(choices === undefined ? [] : [`one of ${choices.map(safeText).join(", ")}`]),
  ];
  return `Of ${safeText(entryPoint)}: ${rules.join(", ")}`;
}
