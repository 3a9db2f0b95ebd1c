/** Searching runs in MLflow's database. */
import type { Run, RunSearch } from "../core/tracking.ts";
import type { Database } from "./sqlite_database.ts";
import { parseId } from "./sqlite_experiments.ts";
import { completeRuns, readRunInfo, runColumns } from "./sqlite_runs.ts";
import type { Value } from "./sqlite_row.ts";

/** Runs that are not deleted, newest first, as MLflow orders them by default. */
export function searchRuns(database: Database, search: RunSearch): readonly Run[] {
  const conditions = [
    "lifecycle_stage = 'active'",
    "experiment_id IN (SELECT value FROM json_each(?))",
  ];
  const values: Value[] = [JSON.stringify(search.experimentIds.map(parseId))];
  if (search.statuses !== undefined) {
    conditions.push("status IN (SELECT value FROM json_each(?))");
    values.push(JSON.stringify(search.statuses));
  }
  for (const { key, value } of search.tags ?? []) {
    conditions.push("run_uuid IN (SELECT run_uuid FROM tags WHERE key = ? AND value = ?)");
    values.push(key, value);
  }
  const rows = database.all(
    `SELECT ${runColumns} FROM runs WHERE ${
      conditions.join(" AND ")
    } ORDER BY start_time DESC, run_uuid LIMIT ?`,
    ...values,
    search.limit,
  );
  return completeRuns(database, rows.map(readRunInfo));
}
