/** Ends what a dead run left running. */
import { killMarked } from "../core/processes.ts";

/** Kills every process of this user whose temporary folder lies below `folder`, as each step's does. Linux only. */
export function killLeftovers(folder: string): void {
  const mark = `TMPDIR=${folder}/`;
  killMarked((variable) => variable.startsWith(mark));
}
