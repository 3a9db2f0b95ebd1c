/** Work of many short calls, done without waiting where it is short. */
import { setImmediate } from "node:timers";

/** It yields what must be waited for, and undefined wherever the event loop may go on for a while. */
export type Work<T> = Generator<Promise<unknown> | undefined, T, void>;

/** The event loop is held no longer than about this. */
const longMs = 10;

/** What `work` comes to: at once, unless it waits or takes long. */
export function atOnce<T>(work: Work<T>): T | Promise<T> {
  const begun = performance.now();
  for (let step = work.next();; step = work.next()) {
    if (step.done) return step.value;
    if (step.value !== undefined || performance.now() - begun > longMs) return goOn(work, step.value);
  }
}

async function goOn<T>(work: Work<T>, first: Promise<unknown> | undefined): Promise<T> {
  let awaited = first ?? breathe();
  for (;;) {
    let step: IteratorResult<Promise<unknown> | undefined, T>;
    try {
      await awaited;
    } catch (error) {
      step = work.throw(error);
      if (step.done) return step.value;
      awaited = step.value ?? breathe();
      continue;
    }
    const begun = performance.now();
    do step = work.next(); while (
      !step.done && step.value === undefined && performance.now() - begun <= longMs
    );
    if (step.done) return step.value;
    awaited = step.value ?? breathe();
  }
}

/** A turn of the event loop. A timer would wait a millisecond and more, which is a tenth of the work between two. */
const breathe = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Inside of work: the value, waited for only where it is a promise. */
export function* settled<T>(value: T | Promise<T>): Work<T> {
  if (!(value instanceof Promise)) return value;
  let result: T;
  yield value.then((settled) => void (result = settled));
  return result!;
}
