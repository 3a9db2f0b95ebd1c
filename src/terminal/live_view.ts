/** The live view of a run as lines: what fits the terminal, most telling first. */
import { displayWidth, fitWidth, padWidth } from "./display_width.ts";
import { formatDuration, formatMetric } from "./human_units.ts";
import type { Paint } from "./paint.ts";
import { countStates, type RunView, type StepState, type StepView } from "./run_view.ts";
import { safeText } from "./safe_text.ts";
import { environmentText, metricsText, stateColours, stateMarks } from "./step_text.ts";

export interface LiveSize {
  readonly columns: number;
  readonly rows: number;
}

/** At most `rows - 1` lines (the cursor stands on the last), each narrower than the terminal. */
export function liveLines(view: RunView, now: number, size: LiveSize, paint: Paint): string[] {
  const { started } = view;
  if (started === undefined) return environmentLines(view, 3, size.columns, paint);
  const room = Math.max(1, size.rows - 1);
  const head = headLine(view, now, size.columns, paint);
  const environments = environmentLines(view, Math.floor((room - 1) / 3), size.columns, paint);
  return [
    head,
    ...environments,
    ...stepLines(view, now, room - 1 - environments.length, size.columns, paint),
  ];
}

function headLine(view: RunView, now: number, columns: number, paint: Paint): string {
  const started = view.started!;
  const counts = countStates(view);
  const done = (counts.get("finished") ?? 0) + (counts.get("cached") ?? 0);
  // The usual name of a run says both already.
  const what = `${started.pipeline}/${started.entryPoint}`;
  const parts = [
    safeText(what),
    ...(started.runName === what ? [] : [`run ${safeText(started.runName)}`]),
    `${done}/${view.steps.size} steps`,
    elapsed(now - started.at),
  ];
  return paint("bold", fitWidth(parts.join(" · "), columns - 1));
}

function environmentLines(view: RunView, limit: number, columns: number, paint: Paint): string[] {
  return [...view.environments].slice(0, Math.max(0, limit)).map(([name, progress]) =>
    paint("dim", fitWidth(`  ~ ${safeText(name)}: ${safeText(environmentText(progress))}`, columns - 1))
  );
}

function stepLines(view: RunView, now: number, room: number, columns: number, paint: Paint): string[] {
  if (room <= 0) return [];
  const all = [...view.steps.values()];
  const shown = all.length <= room ? all : chooseSteps(all, Math.max(0, room - 1));
  const nameWidth = Math.min(
    Math.max(8, Math.floor(columns / 3)),
    shown.reduce((width, { step }) => Math.max(width, displayWidth(safeText(step))), 0),
  );
  const lines = shown.map((step) => stepLine(step, now, nameWidth, columns, paint));
  return shown.length === all.length ? lines : [...lines, restLine(all, new Set(shown), columns, paint)];
}

const urgency: Readonly<Record<StepState, number>> = {
  running: 0,
  failed: 1,
  killed: 2,
  finished: 3,
  cached: 4,
  waiting: 5,
  queued: 6,
  blocked: 7,
};

/** What runs, what failed, what finished last, what comes next; in the order of the plan. */
function chooseSteps(all: readonly StepView[], count: number): StepView[] {
  const best: Ranked[] = [];
  for (const [index, step] of all.entries()) {
    const ranked: Ranked = { step, index, endedAt: step.report?.endedAt ?? 0 };
    if (best.length === count && (count === 0 || !isBefore(ranked, best[count - 1]!))) continue;
    if (best.length === count) best.pop();
    let place = best.length;
    while (place > 0 && isBefore(ranked, best[place - 1]!)) place--;
    best.splice(place, 0, ranked);
  }
  return best.sort((a, b) => a.index - b.index).map(({ step }) => step);
}

interface Ranked {
  readonly step: StepView;
  readonly index: number;
  readonly endedAt: number;
}

function isBefore(a: Ranked, b: Ranked): boolean {
  const byState = urgency[a.step.state] - urgency[b.step.state];
  if (byState !== 0) return byState < 0;
  return a.endedAt === b.endedAt ? a.index < b.index : a.endedAt > b.endedAt;
}

function restLine(
  all: readonly StepView[],
  shown: ReadonlySet<StepView>,
  columns: number,
  paint: Paint,
): string {
  const counts = new Map<StepState, number>();
  for (const step of all) if (!shown.has(step)) counts.set(step.state, (counts.get(step.state) ?? 0) + 1);
  const text = [...counts].map(([state, count]) => `${count} ${state}`).join(", ");
  return paint("dim", fitWidth(`  … ${text}`, columns - 1));
}

function stepLine(step: StepView, now: number, nameWidth: number, columns: number, paint: Paint): string {
  const left = `  ${stateMarks[step.state]} ${padWidth(fitWidth(safeText(step.step), nameWidth), nameWidth)}`;
  const facts = [stateTime(step, now), detail(step)].filter((text) => text !== "");
  const line = fitWidth([left, ...facts].join("  ").trimEnd(), columns - 1);
  return paint(stateColours[step.state], line);
}

function stateTime({ state, startedAt, report }: StepView, now: number): string {
  if (state === "queued" || state === "blocked" || state === "waiting" || state === "cached") {
    return state.padEnd(state === "cached" ? 15 : 0);
  }
  if (report !== undefined) return `${state} ${formatDuration(report.endedAt - report.startedAt)}`.padEnd(15);
  return `${state} ${elapsed(now - (startedAt ?? now))}`.padEnd(15);
}

function detail({ state, attempt, progress, lastMetric, report }: StepView): string {
  if (report?.outcome.is === "blocked") return `needs ${safeText(report.outcome.step)}`;
  if (report?.outcome.is === "failed") return safeText(report.outcome.failure.message);
  if (report !== undefined) return safeText(metricsText(report.metrics));
  if (state !== "running") return "";
  return [
    progress === undefined ? "" : progressBar(progress),
    lastMetric === undefined
      ? ""
      : `${safeText(lastMetric.metric)} ${formatMetric(lastMetric.value)} at ${lastMetric.index}`,
    attempt !== undefined && attempt > 1 ? `attempt ${attempt}` : "",
  ].filter((text) => text !== "").join("  ");
}

/** `[#####     ]  50 %`. */
function progressBar(progress: number): string {
  const part = Math.min(1, Math.max(0, progress));
  const full = Math.round(part * 10);
  return `[${"#".repeat(full)}${" ".repeat(10 - full)}] ${String(Math.round(part * 100)).padStart(3)} %`;
}

/** Whole seconds, so that a line changes once a second only. */
const elapsed = (ms: number): string =>
  ms < 60_000 ? `${Math.floor(Math.max(0, ms) / 1000)} s` : formatDuration(ms);
