/** Lists all that an MLflow server has of a kind, deleted ones as well where it tells of them. */
import { z } from "zod";
import { WireLoggedModel, WireModelVersion, WireRegisteredModel } from "../core/mlflow_models_wire.ts";
import { listOf, optional, present, type WireObject } from "../core/mlflow_scalars.ts";
import { WireExperiment, WireRun } from "../core/mlflow_wire.ts";
import type { MovedRegisteredModel } from "../core/ports/moved_runs.ts";
import type { Experiment, LoggedModel, ModelVersion, RegisteredModel, Run } from "../core/tracking.ts";
import { refuseRepeated, type RestConnection } from "./rest_connection.ts";

const token = { next_page_token: optional(z.string()) };
const Experiments = z.object({ experiments: listOf(WireExperiment), ...token });
const Runs = z.object({ runs: listOf(WireRun), ...token });
const LoggedModels = z.object({ models: listOf(WireLoggedModel), ...token });
const RegisteredModels = z.object({ registered_models: listOf(WireRegisteredModel), ...token });
const Versions = z.object({ model_versions: listOf(WireModelVersion), ...token });

export async function listAllExperiments({ pages }: RestConnection): Promise<Experiment[]> {
  const found: Experiment[] = [];
  for await (
    const page of pages("experiments/search", { max_results: 1000, view_type: "ALL" }, Experiments)
  ) {
    found.push(...page.experiments);
  }
  return found;
}

/** Oldest first. */
export async function listAllRuns({ pages }: RestConnection, experimentId: string): Promise<Run[]> {
  const found: Run[] = [];
  const fields = { experiment_ids: [experimentId], run_view_type: "ALL", max_results: 1000 };
  for await (const page of pages("runs/search", fields, Runs)) found.push(...page.runs);
  return found.sort((a, b) => a.info.startedAt - b.info.startedAt || (a.info.id < b.info.id ? -1 : 1));
}

/** Oldest first, without those that are deleted. */
export async function listLoggedModels(
  { pages }: RestConnection,
  experimentId: string,
): Promise<LoggedModel[]> {
  const found: LoggedModel[] = [];
  const fields = { experiment_ids: [experimentId], max_results: 50 };
  for await (const page of pages("logged-models/search", fields, LoggedModels)) found.push(...page.models);
  return found.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}

export async function listRegisteredModels(connection: RestConnection): Promise<MovedRegisteredModel[]> {
  const models: RegisteredModel[] = [];
  const fields = { max_results: 100 };
  for await (const page of readPages(connection, "registered-models/search", fields, RegisteredModels)) {
    models.push(...page.registered_models);
  }
  const found: MovedRegisteredModel[] = [];
  for (const { latestVersions: _, ...model } of models) {
    found.push({ ...model, versions: await listVersions(connection, model.name) });
  }
  return found;
}

/** Of one registered model, oldest first. */
export async function listVersions(connection: RestConnection, name: string): Promise<ModelVersion[]> {
  const versions: ModelVersion[] = [];
  const quote = name.includes("'") ? '"' : "'";
  const fields = { filter: `name = ${quote}${name}${quote}`, max_results: 1000 };
  for await (const page of readPages(connection, "model-versions/search", fields, Versions)) {
    versions.push(...page.model_versions.filter((version) => version.name === name));
  }
  return versions.sort((a, b) => Number(a.version) - Number(b.version));
}

/** Page after page of a call that MLflow has as a GET only. */
async function* readPages<A extends { readonly next_page_token?: string | undefined }>(
  { uri, call }: RestConnection,
  path: string,
  fields: WireObject,
  answer: z.ZodType<A>,
): AsyncGenerator<A> {
  let at: string | undefined;
  do {
    const page: A = await call("GET", path, { ...fields, ...present({ page_token: at }) }, answer);
    yield page;
    const next = page.next_page_token || undefined;
    if (next !== undefined && next === at) refuseRepeated(uri, path);
    at = next;
  } while (at !== undefined);
}
