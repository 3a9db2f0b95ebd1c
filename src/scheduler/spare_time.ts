/** Work beside a step that gives way to it: who must wait for a processor takes one from others, such as the step. */

/** What the kernel knows of a thread, in milliseconds since it began. */
export interface ThreadTimes {
  readonly ranMs: number;
  /** Ready to run, and no processor free. */
  readonly waitedMs: number;
}

export interface SpareTime {
  /** False for as long as the last work makes it rest. */
  isThere(): boolean;
  /** Does a piece of work. False when it had to wait for a processor. */
  take(work: () => Promise<void>): Promise<boolean>;
}

/** As a share of what it runs: a thread that has a processor to itself waits less, one that has none waits more. */
const leastWait = 0.5;
/**
 * How many times as long as it ran it rests. Where it has a processor it takes half of it, as caches, the disk and the
 * threads that collect its garbage are the step's as well; where it has none, a hundredth of two.
 */
const restTimes = { withProcessor: 1, without: 50 };
/** What was found out holds no longer than this. */
const mostRestMs = 1000;

/** Where `find`, asked for this thread, knows nothing, as only Linux tells it, there is always some. `now` in milliseconds. */
export function openSpareTime(
  now: () => number = () => performance.now(),
  find: () => ThreadTimes | undefined = readThreadTimes,
): SpareTime {
  let restsUntil = -Infinity;
  return {
    isThere: () => now() >= restsUntil,
    async take(work) {
      const before = find();
      await work();
      const after = find();
      if (before === undefined || after === undefined) return true;
      const ranMs = after.ranMs - before.ranMs;
      const isFree = after.waitedMs - before.waitedMs <= leastWait * ranMs;
      const times = isFree ? restTimes.withProcessor : restTimes.without;
      restsUntil = now() + Math.min(times * ranMs, mostRestMs);
      return isFree;
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
