/** Colour, where it is wanted; never the only carrier of what it says. */
import type { ColorChoice } from "./run_flags.ts";

export type Colour = "red" | "green" | "yellow" | "blue" | "bold" | "dim";
/** Text in a colour, or as it is where there are none. */
export type Paint = (colour: Colour, text: string) => string;

const codes: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33, blue: 34, bold: 1, dim: 2 };

export const noPaint: Paint = (_, text) => text;
const ansiPaint: Paint = (colour, text) => text === "" ? "" : `\u001b[${codes[colour]}m${text}\u001b[0m`;

/** `auto`: on a terminal, unless NO_COLOR is set to anything or TERM is `dumb`. */
export function choosePaint(
  choice: ColorChoice,
  isTerminal: boolean,
  variable: (name: string) => string | undefined,
): Paint {
  if (choice !== "auto") return choice === "always" ? ansiPaint : noPaint;
  const isUnwanted = (variable("NO_COLOR") ?? "") !== "" || variable("TERM") === "dumb";
  return isTerminal && !isUnwanted ? ansiPaint : noPaint;
}
