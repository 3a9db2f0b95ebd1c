/** One check of the contract that every tracker keeps, and what checks share. */
import assert from "node:assert/strict";
import type { Tracker } from "../core/ports/tracker.ts";
import { type Metric, type RunInfo, TrackingError } from "../core/tracking.ts";

/** Checks may share one tracker: each uses names of its own. */
export interface TrackerCheck {
  readonly name: string;
  check(tracker: Tracker): Promise<void>;
}

let names = 0;
/** A name that no other check uses, nor one of an earlier process on the same store. */
export const freshName = (): string => `contract-${Date.now()}-${names++}`;

/** A run in an experiment of its own. */
export async function newRun(tracker: Tracker): Promise<RunInfo> {
  const { id } = await tracker.createExperiment(freshName());
  return await tracker.createRun({ experimentId: id, name: "n", user: "u", startedAt: 1000, tags: [] });
}

/** Fails unless `action` throws a TrackingError with this code. */
export async function refuses(code: TrackingError["code"], action: () => Promise<unknown>): Promise<void> {
  await assert.rejects(action, (error: unknown) => {
    assert.ok(error instanceof TrackingError, `${error}`);
    assert.equal(error.code, code, error.message);
    return true;
  });
}

export const point = (key: string, value: number, timestamp: number, step: number): Metric => ({
  key,
  value,
  timestamp,
  step,
});

/** By key: trackers answer in an order of their own. */
export const sorted = <T extends { readonly key: string }>(items: readonly T[]): T[] =>
  items.toSorted((a, b) => a.key < b.key ? -1 : 1);
