/** A plan as a person reads it: what `--dry-run` and `sluice plan` print. */
import type { Forecast, StepForecast } from "../core/cause.ts";
import { printCommand } from "../core/command.ts";
import { showValue } from "../core/parameter.ts";
import type { Plan, PlannedInput, PlannedStep } from "../core/plan.ts";
import type { Paint } from "./paint.ts";
import { noPaint } from "./paint.ts";
import { causesText, stateCell } from "./cause_text.ts";
import { safeText } from "./safe_text.ts";
import { shownPath } from "./shown_path.ts";
import { type Cell, tableLines } from "./table.ts";

/** Lines without an end-of-line after the last: the parameters, then the steps in order, then what is left out. */
export function dryRunText(
  plan: Plan,
  forecast: Forecast,
  workingFolder = Deno.cwd(),
  paint: Paint = noPaint,
): string {
  const count = `${plan.steps.length} step${plan.steps.length === 1 ? "" : "s"}`;
  const title = safeText(`Plan of ${plan.pipeline} ${plan.entryPoint}: ${count}`);
  const parameters = tableLines(
    ["parameter", "value"],
    Object.entries(plan.parameters).map(([name, value]) => [name, showValue(value)]),
    { paint },
  );
  const steps = tableLines(
    ["step", "state", "needs", "environment", "sandbox", "key", "command"],
    plan.steps.map((step) => stepRow(step, forecast.get(step.name), workingFolder)),
    { paint },
  );
  const inputs = plan.steps.flatMap((step) => inputRows(step, workingFolder));
  const causes = plan.steps.flatMap((step) => causeRow(step, forecast.get(step.name)));
  const skipped = plan.skipped.map(({ step, because }) =>
    safeText(`Left out: ${step}, as \`${because}\` is false`)
  );
  const sections = [
    [paint("bold", title)],
    ...(Object.keys(plan.parameters).length === 0 ? [] : [parameters]),
    ...(plan.steps.length === 0 ? [] : [steps]),
    ...(causes.length === 0 ? [] : [tableLines(["will run", "as"], causes, { paint })]),
    ...(inputs.length === 0 ? [] : [tableLines(["input", "from"], inputs, { paint })]),
    ...(skipped.length === 0 ? [] : [skipped]),
  ];
  return sections.map((lines) => lines.join("\n")).join("\n\n");
}

function stepRow(
  step: PlannedStep,
  forecast: StepForecast | undefined,
  workingFolder: string,
): (Cell | string)[] {
  return [
    step.name,
    forecast === undefined ? "" : stateCell(forecast),
    needsText(step.needs),
    environmentText(step),
    step.sandbox,
    step.key.replace("sha256:", "").slice(0, 12),
    bodyText(step, workingFolder),
  ];
}

/** That everything runs for the first time need not be said of each step. */
function causeRow(step: PlannedStep, forecast: StepForecast | undefined): string[][] {
  if (forecast?.is !== "will-run" || forecast.causes.every((cause) => cause.is === "never-ran")) return [];
  return [[step.name, causesText(forecast.causes)]];
}

const needsText = (needs: readonly string[]): string =>
  needs.length <= 4 ? needs.join(", ") : `${needs.slice(0, 3).join(", ")} and ${needs.length - 3} more`;

function environmentText({ environment, environmentState }: PlannedStep): string {
  if (environment.kind !== "python") return environment.kind;
  const name = environment.version === undefined ? "python" : `python ${environment.version}`;
  return `${name}, ${environmentState.is === "locked" ? "locked" : "not locked yet"}`;
}

function bodyText({ body }: PlannedStep, workingFolder: string): string {
  if (body.is === "command") return printCommand(body.command);
  const file = body.module.startsWith("file://")
    ? shownPath(decodeURIComponent(new URL(body.module).pathname), workingFolder)
    : body.module;
  return `run function of ${file}`;
}

/** Where each input comes from. */
function inputRows(step: PlannedStep, workingFolder: string): string[][] {
  return Object.entries(step.inputs).map(([name, binding]) => {
    const text = binding.is === "absent"
      ? "nothing"
      : needsText((binding.is === "one" ? [binding.input] : binding.inputs).map((input) =>
        inputText(input, workingFolder)
      ));
    return [`${step.name}.${name}`, text];
  });
}

function inputText(input: PlannedInput, workingFolder: string): string {
  switch (input.is) {
    case "output":
      return `${input.step}.${input.output}`;
    case "file":
      return shownPath(input.path, workingFolder);
    case "registered":
      return `${input.uri} (version ${input.version})`;
  }
}
