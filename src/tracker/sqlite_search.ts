/** Searching runs in MLflow's database. */
import { bareRun, type Run, type RunInfo, type RunSearch } from "../core/tracking.ts";
import type { Database } from "./sqlite_database.ts";
import { parseId } from "./sqlite_experiments.ts";
import { completeRuns, readRunInfo, runColumns } from "./sqlite_runs.ts";
import { groupByRun } from "./sqlite_metrics.ts";
import { text, type Value } from "./sqlite_row.ts";

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
  const infos = rows.map(readRunInfo);
  return search.onlyTags === undefined
    ? completeRuns(database, infos)
    : withTags(database, infos, search.onlyTags);
}

function withTags(database: Database, infos: readonly RunInfo[], keys: readonly string[]): Run[] {
  const tags = groupByRun(
    database.all(
      "SELECT run_uuid, key, value FROM tags WHERE run_uuid IN (SELECT value FROM json_each(?)) " +
        "AND key IN (SELECT value FROM json_each(?)) ORDER BY key",
      JSON.stringify(infos.map(({ id }) => id)),
      JSON.stringify(keys),
    ),
    (row) => ({ key: text(row["key"]), value: text(row["value"]) }),
  );
  return infos.map((info) => bareRun(info, tags.get(info.id) ?? []));
}
