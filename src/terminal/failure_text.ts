/** Failures as a user reads them: the code, the sentence, the place, the hint. */
import type { Failure } from "../core/error.ts";
import { formatPlace } from "../core/place.ts";
import type { Paint } from "./paint.ts";
import { safeLine, safeLines } from "./safe_text.ts";

/** Lines of a failure: as `formatFailure` of core, with colour, and harmless. `further` lines stand before the hint. */
export function failureLines(failure: Failure, paint: Paint, further: readonly string[] = []): string[] {
  const lines = [
    `${paint("red", `error[${failure.code}]`)}${paint("bold", `: ${safeLine(failure.message)}`)}`,
  ];
  if (failure.at !== undefined) {
    const place = formatPlace(failure.at);
    if (place !== "") lines.push(`  ${paint("blue", "-->")} ${safeLine(place)}`);
  }
  if (failure.details !== undefined) {
    lines.push("", ...safeLines(failure.details.trimEnd()).map((line) => `  ${line}`));
  }
  lines.push(...further);
  if (failure.hint !== undefined) lines.push("", `${paint("green", "hint:")} ${safeLine(failure.hint)}`);
  return lines;
}
