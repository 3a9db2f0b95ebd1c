/** A run as its events, one JSON object a line on standard output and nothing else there. */
import type { Event } from "../core/event.ts";
import type { Reporter } from "../core/ports.ts";
import type { TextSink } from "./text_sink.ts";

export function jsonReporter(stdout: TextSink): Reporter {
  return {
    report: (event) => stdout.write(`${eventJson(event)}\n`),
    close: () => Promise.resolve(),
  };
}

/** JSON has no word for NaN and the infinities: they are the texts `NaN`, `Infinity` and `-Infinity`. */
export function eventJson(event: Event): string {
  return JSON.stringify(
    event,
    (_, value) => typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
  );
}
