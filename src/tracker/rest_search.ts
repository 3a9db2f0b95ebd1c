/** Searching the runs of an MLflow server. */
import { z } from "zod";
import { listOf, optional } from "../core/mlflow_scalars.ts";
import { WireRun, WireRunStatus } from "../core/mlflow_wire.ts";
import { bareRun, type Run, type RunSearch } from "../core/tracking.ts";
import type { RestConnection } from "./rest_connection.ts";

const SearchAnswer = z.object({ runs: listOf(WireRun), next_page_token: optional(z.string()) });
const largestPage = 1000;
const allStatuses = WireRunStatus.options;

/** Newest first, at most `search.limit`. What MLflow's filter cannot say is sorted out here. */
export async function searchRuns(search: RunSearch, pages: RestConnection["pages"]): Promise<readonly Run[]> {
  const found: Run[] = [];
  if (search.experimentIds.length === 0 || search.statuses?.length === 0) return found;
  const fields = {
    experiment_ids: search.experimentIds,
    filter: filterOf(search),
    run_view_type: "ACTIVE_ONLY",
    max_results: Math.min(largestPage, search.limit),
    order_by: ["attributes.start_time DESC"],
  };
  for await (const page of pages("runs/search", fields, SearchAnswer)) {
    for (const run of page.runs) if (fits(run, search)) found.push(narrow(run, search.onlyTags));
    if (found.length >= search.limit) break;
  }
  return found.slice(0, search.limit);
}

const narrow = (run: Run, onlyTags: readonly string[] | undefined): Run =>
  onlyTags === undefined ? run : bareRun(run.info, run.tags.filter(({ key }) => onlyTags.includes(key)));

function filterOf(search: RunSearch): string {
  const clauses: string[] = [];
  for (const { key, value } of search.tags ?? []) {
    const quote = [`'`, `"`].find((mark) => !value.includes(mark));
    if (quote !== undefined && !/[`"]/.test(key)) clauses.push(`tags.\`${key}\` = ${quote}${value}${quote}`);
  }
  // MLflow has no IN for statuses.
  const { statuses } = search;
  const unwanted = allStatuses.filter((status) => statuses !== undefined && !statuses.includes(status));
  clauses.push(...unwanted.map((status) => `attributes.status != '${status}'`));
  return clauses.join(" AND ");
}

const fits = (run: Run, { tags = [], statuses }: RunSearch): boolean =>
  tags.every(({ key, value }) => run.tags.some((tag) => tag.key === key && tag.value === value)) &&
  (statuses === undefined || statuses.includes(run.info.status));
