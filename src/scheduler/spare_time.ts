/** Work beside a step that gives way to it: who must wait for a processor takes one from others, such as the step. */

/** What the kernel knows of a thread, in milliseconds since it began. */
export interface ThreadTimes {
  readonly ranMs: number;
  /** Ready to run, and no processor free. */
  readonly waitedMs: number;
}

export interface SpareTime {
  /** False while others want all processors, and as much as they may be kept from was taken. */
  isThere(): boolean;
  /** Does a piece of work. False when it had to wait for a processor. */
  take(work: () => Promise<void>): Promise<boolean>;
}

/** As a share of what it runs: a thread that has a processor to itself waits less, one that has none waits more. */
const leastWait = 0.5;
/** Of two processors a hundredth goes to work that rests fifty times as long as it ran. */
const restTimes = 50;
/** What was found out holds no longer than this. */
const mostRestMs = 1000;

/** Without `times` of this thread, which only Linux tells, there is always some. `now` in milliseconds. */
export function openSpareTime(
  now: () => number = () => performance.now(),
  times: () => ThreadTimes | undefined = readThreadTimes,
): SpareTime {
  let restsUntil = -Infinity;
  return {
    isThere: () => now() >= restsUntil,
    async take(work) {
      const before = times();
      await work();
      const after = times();
      if (before === undefined || after === undefined) return true;
      const ranMs = after.ranMs - before.ranMs;
      if (after.waitedMs - before.waitedMs <= leastWait * ranMs) return true;
      restsUntil = now() + Math.min(restTimes * ranMs, mostRestMs);
      return false;
    },
  };
}

/** Of the first thread of this process, in which all of it runs: two numbers of nanoseconds begin the file. */
function readThreadTimes(): ThreadTimes | undefined {
  try {
    const [ran, waited] = Deno.readTextFileSync("/proc/self/schedstat").split(" ").map(Number);
    return { ranMs: ran! / 1e6, waitedMs: waited! / 1e6 };
  } catch {
    return undefined;
  }
}
