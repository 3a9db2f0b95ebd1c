/** The port of `terminal/`. */
import type { Event } from "../event.ts";

/** A reader of events. */
export interface Reporter {
  /** Never throws, and waits for nothing. */
  report(event: Event): void;
  /** After the last event; leaves the terminal as it was. */
  close(): Promise<void>;
}
