/** A closed terminal that is to end nothing, as under `nohup`. Linux only: elsewhere it is not known. */

let isIgnored: boolean | undefined;

/** Deno takes every signal's handling over once it listens to one, so that this is asked before, and then remembered. */
export const ignoresHangup = (): boolean => isIgnored ??= readIgnored();

function readIgnored(): boolean {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[1] ?? "0";
    return (parseInt(ignored.slice(-1), 16) & 1) === 1;
  } catch {
    return false;
  }
}
