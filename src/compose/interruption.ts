/** Ctrl-C and SIGTERM as an abort, so that a run ends in order: its processes gone, its status KILLED. */

export interface Interruption {
  readonly signal: AbortSignal;
  /** 130 after SIGINT, 143 after SIGTERM; undefined when neither came. */
  exitCode(): number | undefined;
  close(): void;
}

/** The first signal asks the run to end; whatever ends later is not waited for twice, so a second one is the same. */
export function onInterruption(): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const handlers = ([["SIGINT", 130], ["SIGTERM", 143]] as const).map(([name, code]) => {
    const handler = () => {
      exitCode ??= code;
      controller.abort();
    };
    Deno.addSignalListener(name, handler);
    return [name, handler] as const;
  });
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    close: () => handlers.forEach(([name, handler]) => Deno.removeSignalListener(name, handler)),
  };
}
