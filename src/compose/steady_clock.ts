/** The machine's clock for one run, though somebody may set it back meanwhile. */

/**
 * Gives a clock of milliseconds since 1970 that never goes back, so that nothing ends before it began: from when the
 * machine's own is set back until it has caught up, `ticks` (milliseconds since whenever) go on from what was told last.
 */
export function openSteadyClock(
  clock: () => number = Date.now,
  ticks: () => number = () => performance.now(),
): () => number {
  let [last, lastTick] = [-Infinity, 0];
  return () => {
    const [now, tick] = [clock(), ticks()];
    last = now >= last ? now : last + Math.max(0, Math.round(tick - lastTick));
    lastTick = tick;
    return last;
  };
}
