/** What `sluice why` says of a step. */
import type { Why, WhyStep } from "../core/cause.ts";
import { unreachable } from "../core/error.ts";
import { causeLines, forecastText } from "./cause_text.ts";
import type { Paint } from "./paint.ts";
import { safeText } from "./safe_text.ts";

/** Lines: the step and its causes; then, where it depends on others, the same of each of them. */
export function whyLines(step: string, why: Why, paint: Paint): string[] {
  switch (why.is) {
    case "skipped":
      return [`${paint("bold", safeText(step))} is left out as \`${safeText(why.because)}\` is false`];
    case "forecast":
      return [
        ...why.chain.flatMap((each, index) => [...(index === 0 ? [] : [""]), ...stepLines(each, paint)]),
        ...(why.omitted === undefined ? [] : ["", paint("dim", omittedText(why.omitted))]),
      ];
    default:
      return unreachable(why);
  }
}

function stepLines({ step, forecast }: WhyStep, paint: Paint): string[] {
  const name = paint("bold", safeText(step));
  switch (forecast.is) {
    case "cached":
      return [`${name} is cached: run ${safeText(forecast.runId)} made its result`];
    case "depends":
      return [`${name} ${forecastText(forecast)}`];
    case "will-run":
      if (forecast.causes.length === 0) {
        return [`${name} will run; why cannot be told as the tracker cannot be read`];
      }
      return [
        `${name} will run:`,
        ...forecast.causes.flatMap((cause) => causeLines(cause, paint)).map(indent),
      ];
    default:
      return unreachable(forecast);
  }
}

const omittedText = (count: number): string =>
  `${count} more ${count === 1 ? "step between them is" : "steps between them are"} not shown`;

const indent = (line: string): string => `  ${line}`;
