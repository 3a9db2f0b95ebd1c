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
import { type Cell, tableRows } from "./table.ts";

/** Of a plan of more steps it is not said where each input comes from, which `--json` tells. */
const mostInputs = 1000;

/** Lines: the parameters, then the steps in order, then what is left out. */
export function* dryRunLines(
  plan: Plan,
  forecast: Forecast,
  workingFolder = Deno.cwd(),
  paint: Paint = noPaint,
): Generator<string> {
  yield paint("bold", safeText(titleText(plan, forecast)));
  const parameters = Object.entries(plan.parameters).map(([name, value]) => [name, showValue(value)]);
  yield* section(["parameter", "value"], parameters, paint);
  const steps = plan.steps.map((step) => stepRow(step, forecast.get(step.name), workingFolder));
  yield* section(["step", "state", "needs", "environment", "sandbox", "key", "command"], steps, paint);
  const causes = plan.steps.flatMap((step) => causeRow(step, forecast.get(step.name)));
  yield* section(["will run", "as"], causes, paint);
  const shown = plan.steps.length > mostInputs ? [] : plan.steps;
  yield* section(["input", "from"], shown.flatMap((step) => inputRows(step, workingFolder)), paint);
  for (const [index, { step, because }] of plan.skipped.entries()) {
    if (index === 0) yield "";
    yield safeText(`Left out: ${step}, as \`${because}\` is false`);
  }
}

/** An empty line and a table; nothing for one without rows. */
function* section(
  head: readonly string[],
  rows: readonly (readonly (Cell | string)[])[],
  paint: Paint,
): Generator<string> {
  if (rows.length === 0) return;
  yield "";
  yield* tableRows(head, rows, { paint });
}

/** Of more steps than a screen holds, the title says how many are in which state. */
const fewSteps = 20;

function titleText({ pipeline, entryPoint, steps }: Plan, forecast: Forecast): string {
  const title = `Plan of ${pipeline} ${entryPoint}: ${steps.length} step${steps.length === 1 ? "" : "s"}`;
  if (steps.length <= fewSteps) return title;
  const counts = { cached: 0, "will-run": 0, depends: 0 };
  for (const each of forecast.values()) counts[each.is]++;
  const told = [
    counts.cached > 0 ? `${counts.cached} cached` : "",
    counts["will-run"] > 0 ? `${counts["will-run"]} will run` : "",
    counts.depends > 0 ? `${counts.depends} run unless those before come out the same` : "",
  ].filter((text) => text !== "");
  return [title, ...told].join(", ");
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
  const { kind } = environment;
  if (kind === "host" || kind === "deno") return kind;
  const name = kind === "python" && environment.version !== undefined
    ? `python ${environment.version}`
    : kind;
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
