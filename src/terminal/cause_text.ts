/** Why a step runs, in words: in short for a table, and in full with old and new. */
import type {
  Cause,
  Forecast,
  InputState,
  LineChange,
  NotCached,
  Shown,
  StepForecast,
} from "../core/cause.ts";
import { unreachable } from "../core/error.ts";
import { showValue } from "../core/parameter.ts";
import type { Paint } from "./paint.ts";
import { safeText } from "./safe_text.ts";
import type { Cell } from "./table.ts";

/** `cached`, `will run`, `runs unless split comes out the same`. */
export function forecastText(forecast: StepForecast): string {
  switch (forecast.is) {
    case "cached":
      return "cached";
    case "will-run":
      return "will run";
    case "depends":
      return `runs unless ${namesText(forecast.on)} ${
        forecast.on.length === 1 ? "comes" : "come"
      } out the same`;
    default:
      return unreachable(forecast);
  }
}

/** The same in a table. */
export const stateCell = (forecast: StepForecast): Cell => ({
  text: forecastText(forecast),
  colour: forecast.is === "cached" ? "dim" : forecast.is === "will-run" ? "yellow" : "blue",
});

/** All causes on one line, the first few of them. */
export function causesText(causes: readonly Cause[], limit = 2): string {
  const shown = causes.slice(0, limit).map(causeText);
  return [...shown, ...(causes.length > limit ? [`+${causes.length - limit}`] : [])].join("; ");
}

/** One cause on one line: `parameter alpha 0.1 → 0.2`, `train.py:12 changed`. */
export function causeText(cause: Cause): string {
  const { text, old, new: next } = wordsOf(cause);
  const change = old === undefined && next === undefined ? "" : ` ${old ?? "nothing"} → ${next ?? "nothing"}`;
  return safeText(`${text}${change}`);
}

/** One cause on lines of its own; of a source text the line that differs. */
export function causeLines(cause: Cause, paint: Paint): string[] {
  if (cause.is === "source" && cause.line !== undefined) {
    return [`${paint("bold", safeText(sourceText(cause)))}`, ...lineChange(cause.line, paint)];
  }
  const { text, old, new: next } = wordsOf(cause);
  if (old === undefined && next === undefined) return [paint("bold", safeText(text))];
  return [
    `${paint("bold", safeText(text))}  ${paint("red", safeText(old ?? "nothing"))} → ${
      paint("green", safeText(next ?? "nothing"))
    }`,
  ];
}

function lineChange(line: LineChange, paint: Paint): string[] {
  const lines = [
    ...(line.old === undefined ? [] : [paint("red", `- ${safeText(line.old)}`)]),
    ...(line.new === undefined ? [] : [paint("green", `+ ${safeText(line.new)}`)]),
  ];
  return line.old === line.new ? [...lines, "  (in how the line ends)"] : lines;
}

/**
 * What a run executed and why, a line each, for its closing lines: `train ran as parameter alpha 0.1 → 0.2`.
 * Steps without a cause are left out, and so is that a step never ran here.
 */
export function executedLines(causes: ReadonlyMap<string, readonly Cause[]>): string[] {
  return [...causes].flatMap(([step, all]) => {
    const told = all.filter((cause) => cause.is !== "never-ran");
    return told.length === 0 ? [] : [`${safeText(step)} ran: ${causesText(told)}`];
  });
}

/** The forecast as `--json` gives it: a list in the order of the plan. */
export function* forecastJson(forecast: Forecast): Generator<{ readonly step: string } & StepForecast> {
  for (const [step, each] of forecast) yield { step, ...each };
}

interface Words {
  readonly text: string;
  readonly old?: string;
  readonly new?: string;
}

function wordsOf(cause: Cause): Words {
  switch (cause.is) {
    case "never-ran":
      return { text: "it never ran here" };
    case "did-not-finish":
      return { text: `its last run ${statusTexts[cause.status]}` };
    case "not-cached":
      return { text: notCachedTexts[cause.because] };
    case "not-kept":
      return { text: "its result is not kept any more" };
    case "not-comparable":
      return { text: "what it last ran with is not kept any more" };
    case "weaker-sandbox":
      return { text: `its result was made in a weaker sandbox`, old: cause.made, new: cause.wanted };
    case "parameter":
      return { text: `parameter ${cause.name}`, ...bothOf(cause, shownValue) };
    case "source":
      return { text: sourceText(cause) };
    case "command":
      return { text: "command", old: cause.old, new: cause.new };
    case "package":
      return { text: `package ${cause.name}`, ...bothOf(cause, String) };
    case "interpreter":
      return { text: "interpreter", ...bothOf(cause, String) };
    case "platform":
      return { text: "platform", old: cause.old, new: cause.new };
    case "environment":
      return { text: "environment", ...bothOf(cause, shortDigest) };
    case "input": {
      const origin = cause.from === undefined ? "" : ` from ${cause.from}`;
      if (cause.old === undefined && cause.new === undefined) {
        return { text: `input ${cause.name} is declared in another way` };
      }
      return { text: `input ${cause.name}${origin}`, ...inputsOf(cause) };
    }
    case "read-content":
      return {
        text: `content of ${cause.path}`,
        old: cause.old === null ? "nothing" : shortDigest(cause.old),
        new: cause.new === null ? "nothing" : shortDigest(cause.new),
      };
    case "variable":
      return {
        text: `environment variable ${cause.name} ${cause.isSet ? "changed" : "is not set any more"}`,
      };
    case "permission":
      return { text: `permission ${cause.name}`, old: cause.old, new: cause.new };
    case "output":
      return { text: `output ${cause.name}`, ...bothOf(cause, String) };
    case "metric":
      return { text: `metric ${cause.name} ${cause.change}` };
    case "key-format":
      return { text: "format of keys", old: String(cause.old), new: String(cause.new) };
    default:
      return unreachable(cause);
  }
}

const statusTexts = {
  RUNNING: "has not ended",
  SCHEDULED: "has not begun",
  FINISHED: "finished",
  FAILED: "failed",
  KILLED: "was stopped",
} as const;

const notCachedTexts: Readonly<Record<NotCached, string>> = {
  "host-environment": "not cached: it uses this machine's own programs",
  "write-permission": "not cached: it writes elsewhere than its outputs",
  step: "not cached: the step says so",
  run: "the run takes no kept results",
};

function sourceText({ path, line, old, new: next }: Extract<Cause, { is: "source" }>): string {
  const what = old === undefined ? "is new" : next === undefined ? "is gone" : sourceChange(old, next);
  return `source ${path}${line === undefined ? "" : `:${line.number}`} ${what}`;
}

/** A package has versions, and a file may have become a program. */
function sourceChange(old: string, next: string): string {
  const isFile = (what: string) => /^(sha256:|link |unreadable)/.test(what);
  if (!isFile(old) && !isFile(next)) return `${old} → ${next}`;
  if (next === `${old} x`) return "is executable now";
  return old === `${next} x` ? "is not executable any more" : "changed";
}

function bothOf<T>(
  { old, new: next }: { readonly old?: T; readonly new?: T },
  show: (value: T) => string,
): { readonly old?: string; readonly new?: string } {
  return {
    old: old === undefined ? "nothing" : show(old),
    new: next === undefined ? "nothing" : show(next),
  };
}

/** The name is shown where it is all that differs. */
function inputsOf({ old, new: next }: Extract<Cause, { is: "input" }>) {
  const hasOtherName = old?.is === "content" && next?.is === "content" && old.digest === next.digest;
  return bothOf({ ...(old && { old }), ...(next && { new: next }) }, (state: InputState) => {
    switch (state.is) {
      case "content":
        return hasOtherName ? state.name : shortDigest(state.digest);
      case "registered":
        return `version ${state.version} of ${state.uri}`;
      case "not-made-yet":
        return "not made yet";
    }
  });
}

const shownValue = (value: Shown): string =>
  typeof value === "string" && isDigest(value) ? shortDigest(value) : value === "" ? `""` : showValue(value);

const isDigest = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);
const shortDigest = (text: string): string => isDigest(text) ? text.slice("sha256:".length, 19) : text;

const namesText = (names: readonly string[]): string =>
  names.length <= 3
    ? names.map(safeText).join(", ")
    : `${names.slice(0, 2).map(safeText).join(", ")} and ${names.length - 2} more`;
