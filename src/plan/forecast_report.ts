/** Why a step that has ended was executed: as a forecast says it before. */
import type { Cause } from "../core/cause.ts";
import type { Digest } from "../core/digest.ts";
import type { PlannedStep } from "../core/plan.ts";
import { explain } from "./explain.ts";
import { type Lookups, notCached } from "./forecast.ts";

/** `key` is the one it ran with; the last run of `lookups` is the one before. */
export async function explainReport(
  step: PlannedStep,
  key: Digest,
  lookups: Lookups,
  useCache: boolean,
): Promise<Cause[]> {
  const reason = notCached(step, useCache);
  const known: Cause[] = reason === undefined ? [] : [{ is: "not-cached", because: reason }];
  const last = await lookups.lastRun(step.name);
  if (last === undefined) return known;
  if (last === null) return [...known, { is: "never-ran" }];
  const { runId, status } = last;
  const ended: Cause[] = status === "FINISHED" ? [] : [{ is: "did-not-finish", runId, status }];
  const before = last.key === undefined ? undefined : await lookups.findRecord(last.key);
  const now = await lookups.findRecord(key);
  if (before === undefined || now === undefined) return [...known, ...ended];
  const causes = [...known, ...ended, ...explain(before, now, step)];
  return causes.length > 0 ? causes : [{ is: "not-kept" }];
}
