/**
 * Logs points to a run of the tracker given as argument until it is killed; prints each step once it is logged.
 * For `tracker_test.ts`.
 */
import { openSqliteTracker } from "../../../src/tracker/sqlite_tracker.ts";

const tracker = await openSqliteTracker(Deno.args[0]!, { create: true, clock: Date.now });
const { id } = await tracker.createRun({ experimentId: "0", name: "n", user: "u", startedAt: 1, tags: [] });
console.log(id);
for (let step = 0;; step++) {
  // Two rows that must come together.
  await tracker.logBatch(id, {
    metrics: [{ key: "m", value: step, timestamp: step, step }],
    tags: [{ key: "step", value: String(step) }],
  });
  console.log(step);
}
