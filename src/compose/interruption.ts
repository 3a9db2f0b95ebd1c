/** Ctrl-C, SIGTERM and a closed terminal as an abort, so that a run ends in order: its processes gone, its status KILLED. */
import { SluiceError } from "../core/error.ts";
import { ignoresHangup } from "./hangup.ts";

export interface Interruption {
  readonly signal: AbortSignal;
  /** 130 after SIGINT, 143 after SIGTERM, 129 after SIGHUP; undefined when none came. */
  exitCode(): number | undefined;
  close(): void;
}

/** The first signal asks the run to end; whatever ends later is not waited for twice, so a second one is the same. */
export function onInterruption(): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const interrupt = (code: number) => () => {
    exitCode ??= code;
    controller.abort();
  };
  // Deno took its handling over, so that it must be ignored anew.
  const onHangup = ignoresHangup() ? () => {} : interrupt(129);
  const handlers = [["SIGINT", interrupt(130)], ["SIGTERM", interrupt(143)], ["SIGHUP", onHangup]] as const;
  handlers.forEach(([name, handler]) => Deno.addSignalListener(name, handler));
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    close: () => handlers.forEach(([name, handler]) => Deno.removeSignalListener(name, handler)),
  };
}

/** What an abort may look like on its way up; anything else is a bug even then. */
export const isOfInterruption = (error: unknown): boolean =>
  error instanceof SluiceError || (error instanceof DOMException && error.name === "AbortError");
