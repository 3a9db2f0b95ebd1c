/** A run as its events, one JSON object a line on standard output and nothing else there. */
import type { Reporter } from "../core/ports/reporter.ts";
import type { TextSink } from "./text_sink.ts";

/** One event a line, as they come. */
export function jsonReporter(stdout: TextSink): Reporter {
  return {
    report: (event) => stdout.write(`${jsonLine(event)}\n`),
    close: () => Promise.resolve(),
  };
}

/** One line of JSON. NaN and the infinities, for which JSON has no word, are the texts `NaN`, `Infinity`, `-Infinity`. */
export function jsonLine(value: unknown): string {
  const json = JSON.stringify(
    value,
    (_, item) => typeof item === "number" && !Number.isFinite(item) ? String(item) : item,
  );
  return escapeControls(json);
}

/** JSON with the same meaning and no control character, so that a terminal takes none for its own. */
export function escapeControls(json: string): string {
  return json.replaceAll(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
