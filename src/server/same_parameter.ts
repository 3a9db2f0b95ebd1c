/** Parameters that a step logs again: its own arguments, which sluice has logged before it started. */
import type { LoggedParameter } from "../core/tracking.ts";

/**
 * Those of `given` that are not logged yet, or with another meaning.
 *
 * Python writes `1.0`, `1e-07` and `True` where the run holds `1`, `1e-7` and `true`: MLflow would refuse the change,
 * and a training script that logs its own arguments would fail.
 */
export function newParameters(
  given: readonly LoggedParameter[],
  logged: readonly LoggedParameter[],
): LoggedParameter[] {
  const known = new Map(logged.map(({ key, value }) => [key, value]));
  return given.filter(({ key, value }) => {
    const before = known.get(key);
    return before === undefined || !meansTheSame(before, value);
  });
}

function meansTheSame(a: string, b: string): boolean {
  if (a === b) return true;
  if (isNumber(a) && isNumber(b)) return Number(a) === Number(b);
  return /^(true|false)$/i.test(a) && a.toLowerCase() === b.toLowerCase();
}

const isNumber = (text: string) => /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text);
