/** What a `run` function logs with: JSON lines in the file that `SLUICE_LOG` names. */

/** Logs to the run of the step, at once. */
export interface StepLog {
  /** `step` counts the points of one metric, such as epochs; 0 by default. NaN and the infinities are kept. */
  metric(name: string, value: number, step?: number): void;
  /** A parameter of the run, besides the step's own. */
  param(name: string, value: string | number | boolean): void;
  /** A note on the run. */
  tag(name: string, value: string): void;
  /** How far the step has come, from 0 to 1. */
  progress(done: number): void;
}

/** `write` appends one line of text. */
export function makeStepLog(write: (line: string) => void): StepLog {
  const line = (value: unknown) => write(`${JSON.stringify(value)}\n`);
  return {
    metric: (name, value, step = 0) =>
      line({
        metric: name,
        value: Number.isFinite(value) ? value : String(value),
        step,
        timestamp: Date.now(),
      }),
    param: (name, value) => line({ param: name, value }),
    tag: (name, value) => line({ tag: name, value }),
    progress: (done) => line({ progress: done }),
  };
}
