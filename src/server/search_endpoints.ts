/** Searches, over what the session's runs made or were given, and nothing else. */
import { z } from "zod";
import { writeLoggedModel, writeModelVersion } from "../core/mlflow_models_wire.ts";
import { listOf, optional, WireInteger } from "../core/mlflow_scalars.ts";
import { writeRun } from "../core/mlflow_wire.ts";
import type { LoggedModel, ModelVersion, Run } from "../core/tracking.ts";
import { viewLoggedModel, viewRun, viewVersion } from "./client_view.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { parseFilter, parseOrder, type Searchable } from "./filter.ts";

const paging = { max_results: optional(WireInteger), page_token: optional(z.string()) };
interface Paging {
  readonly max_results?: number | undefined;
  readonly page_token?: string | undefined;
}
/** MLflow's own default for each of these searches, or less. */
const defaultPage = 1000;

export const searchEndpoints: readonly Endpoint[] = [
  endpoint(
    "POST",
    "runs/search",
    z.object({ filter: optional(z.string()), order_by: listOf(z.string()), ...paging }),
    async (given, { tracker, scope }) => {
      const runs = await Promise.all([...scope.runIds].map((id) => tracker.getRun(id)));
      const order = [...given.order_by, "attributes.start_time DESC"];
      const page = find(runs, describeRun, given.filter, order, given);
      return { runs: page.items.map((run) => writeRun(viewRun(run))), next_page_token: page.next };
    },
  ),
  endpoint(
    "POST",
    "logged-models/search",
    z.object({
      filter: optional(z.string()),
      order_by: listOf(z.object({ field_name: z.string(), ascending: z.boolean().default(true) })),
      ...paging,
    }),
    async (given, { tracker, scope }) => {
      const models = await Promise.all((await scope.modelIds()).map((id) => tracker.getLoggedModel(id)));
      const order = given.order_by.map((by) => `${by.field_name} ${by.ascending ? "ASC" : "DESC"}`);
      order.push("attributes.creation_timestamp DESC");
      const page = find(models, describeModel, given.filter, order, given);
      return {
        models: page.items.map((model) => writeLoggedModel(viewLoggedModel(model))),
        next_page_token: page.next,
      };
    },
  ),
  endpoint(
    "GET",
    "model-versions/search",
    z.object({ filter: optional(z.string()), ...paging }),
    async (given, { tracker, scope }) => {
      const versions = await Promise.all(
        scope.versions.map(async ({ name, version }) =>
          await viewVersion(await tracker.getModelVersion(name, version), tracker)
        ),
      );
      const order = ["attributes.last_updated_timestamp DESC", "attributes.version_number DESC"];
      const page = find(versions, describeVersion, given.filter, order, given);
      return { model_versions: page.items.map(writeModelVersion), next_page_token: page.next };
    },
  ),
];

/** The token of a page is the number of what comes before it. */
function find<T>(
  all: readonly T[],
  describe: (item: T) => Searchable,
  filter: string | undefined,
  orderBy: readonly string[],
  { max_results = defaultPage, page_token = "0" }: Paging,
): { readonly items: readonly T[]; readonly next: string | undefined } {
  const passes = parseFilter(filter ?? "");
  const order = parseOrder(orderBy);
  const found = all.map((item) => ({ item, searchable: describe(item) }))
    .filter(({ searchable }) => passes(searchable))
    .sort((a, b) => order(a.searchable, b.searchable))
    .map(({ item }) => item);
  const start = Math.max(0, Math.trunc(Number(page_token)) || 0);
  const end = start + Math.max(1, max_results);
  return { items: found.slice(start, end), next: end < found.length ? String(end) : undefined };
}

const describeRun = ({ info, metrics, parameters, tags }: Run): Searchable => ({
  attributes: {
    run_id: info.id,
    run_name: info.name,
    status: info.status,
    user_id: info.user,
    artifact_uri: info.artifactUri,
    start_time: info.startedAt,
    end_time: info.endedAt,
  },
  tags: byKey(tags),
  params: byKey(parameters),
  metrics: byKey(metrics),
});

const describeModel = (model: LoggedModel): Searchable => ({
  attributes: {
    name: model.name,
    model_id: model.id,
    model_type: model.modelType,
    status: model.status,
    source_run_id: model.sourceRunId,
    creation_timestamp: model.createdAt,
    creation_time: model.createdAt,
    last_updated_timestamp: model.updatedAt,
  },
  tags: byKey(model.tags),
  params: byKey(model.parameters),
  metrics: byKey(model.metrics),
});

const describeVersion = (version: ModelVersion): Searchable => ({
  attributes: {
    name: version.name,
    version_number: Number(version.version),
    run_id: version.runId,
    source_path: version.source,
    creation_timestamp: version.createdAt,
    last_updated_timestamp: version.updatedAt,
  },
  tags: byKey(version.tags),
  params: {},
  metrics: {},
});

const byKey = <V>(
  items: readonly { readonly key: string; readonly value: V }[],
): Readonly<Record<string, V>> => Object.fromEntries(items.map(({ key, value }) => [key, value]));
