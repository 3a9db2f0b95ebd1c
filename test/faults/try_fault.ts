/** One case after another: restore, run with the fault, judge, run without, judge. */
import type { Bed, Ended } from "./fault_bed.ts";
import { type Fault, isPossible } from "./fault_calls.ts";
import { isDenoPanic, judgeFaulted, judgeNext, type Originals } from "./judge_fault.ts";

/** What became of a case. */
export interface Tried {
  readonly fault: Fault;
  /**
   * `unmet`: no thread came to the call this time. `impossible`: in one of the threads it hit what no disk is behind, such
   * as the event that wakes Deno's own loop, and nothing is shown. `panicked`: Deno gave
   * up in code of its own.
   */
  readonly outcome: "unmet" | "impossible" | "panicked" | "tolerated" | "refused";
  /** Empty where all is as it must be. */
  readonly flaws: readonly string[];
  /** For whoever mends a flaw: what was hit, and what was said. */
  readonly said: string;
}

export async function tryFault(bed: Bed, before: Originals, fault: Fault): Promise<Tried> {
  await bed.restore();
  const faulted = await bed.runWith(fault);
  const { injected, code, stderr } = faulted;
  const said = [...injected.map(({ call, text }) => `${call}(${text}`), stderr].join("\n");
  if (injected.length === 0) return { fault, outcome: "unmet", flaws: [], said };
  if (!injected.every(isPossible)) return { fault, outcome: "impossible", flaws: [], said };
  return {
    fault,
    outcome: isDenoPanic(stderr) ? "panicked" : code === 0 ? "tolerated" : "refused",
    flaws: await judge(bed, before, faulted),
    said,
  };
}

/** Judges a run in which something failed and that is over with, then runs again. */
export async function judge(bed: Bed, before: Originals, faulted: Ended): Promise<string[]> {
  const flaws = judgeFaulted(bed, before, faulted);
  return [...flaws, ...judgeNext(bed, before, faulted, await bed.run())];
}

/** How many cases ended how. */
export function tally(tried: readonly Tried[]): Record<Tried["outcome"], number> {
  const counts = { unmet: 0, impossible: 0, panicked: 0, tolerated: 0, refused: 0 };
  for (const { outcome } of tried) counts[outcome]++;
  return counts;
}

/** For whoever reads that a case went wrong. */
export const describeTried = ({ fault: { call, error, nth }, flaws, said }: Tried): string =>
  `${call} number ${nth} of a thread fails with ${error}: ${flaws.join("; ")}\n${said}`;
