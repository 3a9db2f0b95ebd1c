/** A timer of any length. */

/** The most that `setTimeout` takes: 2³¹ − 1 ms, about 25 days; with more it would fire at once. */
const mostMs = 2 ** 31 - 1;

/** Calls `action` once, after `delayMs`; gives a function that stops it. */
export function startTimer(action: () => void, delayMs: number): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (leftMs: number) => {
    timer = leftMs > mostMs ? setTimeout(() => wait(leftMs - mostMs), mostMs) : setTimeout(action, leftMs);
  };
  wait(delayMs);
  return () => clearTimeout(timer);
}
