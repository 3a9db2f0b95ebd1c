/** The tracker as a client of an MLflow server (3.0 or newer), over its REST. */
import { z } from "zod";
import {
  WireLoggedModel,
  WireModelVersion,
  WireRegisteredModel,
  writeLoggedModelStatus,
} from "../core/mlflow_models_wire.ts";
import { listOf, optional, present } from "../core/mlflow_scalars.ts";
import {
  WireExperiment,
  WireMetric,
  WireRun,
  WireRunInfo,
  writeDatasetInput,
  writeModelInput,
  writeModelOutput,
} from "../core/mlflow_wire.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import {
  type Experiment,
  type ModelOutput,
  type NewRun,
  type RunBatch,
  type RunEnd,
  type RunInfo,
  type RunUpdate,
  TrackingError,
} from "../core/tracking.ts";
import { openRestArtifacts } from "./rest_artifacts.ts";
import { splitBatch } from "./rest_batches.ts";
import {
  openRestConnection,
  refuseRepeated,
  type RestConnection,
  type RestOptions,
} from "./rest_connection.ts";
import { searchRuns } from "./rest_search.ts";

const Nothing = z.object({});
const ExperimentAnswer = z.object({ experiment: WireExperiment });
const RunAnswer = z.object({ run: WireRun });
const ModelAnswer = z.object({ model: WireLoggedModel });
const VersionAnswer = z.object({ model_version: WireModelVersion });
const RegisteredAnswer = z.object({ registered_model: WireRegisteredModel });

/**
 * `uri` is `http(s)://host:port`, maybe with a path. Nothing is sent before the first call.
 *
 * Calls that meet 429, 502, 503 or 504 are repeated three times. Throws TRACKER_UNREACHABLE, TRACKER_REFUSED,
 * TRACKER_URI_UNSUPPORTED. The server chooses the ids of runs; a batch larger than MLflow takes at once is sent
 * in parts, so that it is no longer all or nothing.
 */
export function openRestTracker(uri: string, options: RestOptions): Tracker {
  const connection = openRestConnection(uri, options);
  return {
    uri: connection.uri,
    ...experimentCalls(connection),
    ...runCalls(connection),
    ...modelCalls(connection),
    ...registryCalls(connection),
    artifacts: openRestArtifacts(connection),
    close() {
      connection.close();
      return Promise.resolve();
    },
  };
}

type Calls<N extends keyof Tracker> = Pick<Tracker, N>;

function experimentCalls(
  { call, pages }: RestConnection,
): Calls<"getExperiment" | "findExperiment" | "createExperiment" | "listExperiments"> {
  const getExperiment = async (id: string): Promise<Experiment> =>
    (await call("GET", "experiments/get", { experiment_id: id }, ExperimentAnswer)).experiment;
  return {
    getExperiment,
    async findExperiment(name) {
      try {
        const fields = { experiment_name: name };
        return (await call("GET", "experiments/get-by-name", fields, ExperimentAnswer)).experiment;
      } catch (error) {
        if (error instanceof TrackingError && error.code === "RESOURCE_DOES_NOT_EXIST") return undefined;
        throw error;
      }
    },
    async createExperiment(name, tags) {
      const answer = z.object({ experiment_id: z.string() });
      const { experiment_id } = await call("POST", "experiments/create", { name, tags }, answer);
      return await getExperiment(experiment_id);
    },
    async listExperiments() {
      const answer = z.object({ experiments: listOf(WireExperiment), next_page_token: optional(z.string()) });
      const found: Experiment[] = [];
      for await (const page of pages("experiments/search", { max_results: 1000 }, answer)) {
        found.push(...page.experiments);
      }
      return found;
    },
  };
}

function runCalls({ uri, call, pages }: RestConnection): Calls<
  | "beginRun"
  | "createRun"
  | "endRun"
  | "getRun"
  | "recordRuns"
  | "updateRun"
  | "logBatch"
  | "deleteTag"
  | "logInputs"
  | "logOutputs"
  | "getMetricHistory"
  | "searchRuns"
> {
  const createRun = async (run: NewRun): Promise<RunInfo> => {
    const fields = {
      experiment_id: run.experimentId,
      user_id: run.user,
      run_name: run.name,
      start_time: run.startedAt,
      tags: run.tags,
    };
    return (await call("POST", "runs/create", fields, RunAnswer)).run.info;
  };
  const logBatch = async (runId: string, batch: RunBatch): Promise<void> => {
    for (const fields of splitBatch(runId, batch)) await call("POST", "runs/log-batch", fields, Nothing);
  };
  const updateRun = async (id: string, update: RunUpdate): Promise<RunInfo> => {
    const fields = { run_id: id, status: update.status, end_time: update.endedAt, run_name: update.name };
    return (await call("POST", "runs/update", fields, z.object({ run_info: WireRunInfo }))).run_info;
  };
  const logOutputs = async (runId: string, models: readonly ModelOutput[]): Promise<void> => {
    await call("POST", "runs/outputs", { run_id: runId, models: models.map(writeModelOutput) }, Nothing);
  };
  const endRun = async (id: string, { status, endedAt, models = [], ...batch }: RunEnd): Promise<RunInfo> => {
    await logBatch(id, batch);
    // Of another tracker's models a server knows nothing.
    if (models.length > 0) await logOutputs(id, models).catch(ignoreRefusal);
    return await updateRun(id, { status, endedAt });
  };
  return {
    createRun,
    async beginRun(run, parameters) {
      const info = await createRun(run);
      return { run: info, recorded: logBatch(info.id, { parameters }) };
    },
    async endRun(id, end) {
      await endRun(id, end);
    },
    async recordRuns(runs) {
      const infos: RunInfo[] = [];
      for (const { tags, ...run } of runs) {
        const { id } = await createRun({ ...run, tags });
        infos.push(await endRun(id, run));
      }
      return infos;
    },
    async getRun(id) {
      return (await call("GET", "runs/get", { run_id: id }, RunAnswer)).run;
    },
    updateRun,
    logBatch,
    async deleteTag(runId, key) {
      await call("POST", "runs/delete-tag", { run_id: runId, key }, Nothing);
    },
    async logInputs(runId, datasets, models) {
      const fields = {
        run_id: runId,
        datasets: datasets.map(writeDatasetInput),
        models: models.map(writeModelInput),
      };
      await call("POST", "runs/log-inputs", fields, Nothing);
    },
    logOutputs,
    async getMetricHistory(runId, key, page = {}) {
      const fields = { run_id: runId, metric_key: key, max_results: page.limit, page_token: page.token };
      const answer = z.object({ metrics: listOf(WireMetric), next_page_token: optional(z.string()) });
      const { metrics, next_page_token } = await call("GET", "metrics/get-history", fields, answer);
      const nextPageToken = next_page_token || undefined;
      if (nextPageToken !== undefined && nextPageToken === page.token) {
        refuseRepeated(uri, "metrics/get-history");
      }
      return { items: metrics, ...present({ nextPageToken }) };
    },
    searchRuns: (search) => searchRuns(search, pages),
  };
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof TrackingError)) throw error;
}

function modelCalls({ call }: RestConnection): Calls<
  | "createLoggedModel"
  | "getLoggedModel"
  | "finalizeLoggedModel"
  | "setLoggedModelTags"
  | "deleteLoggedModelTag"
  | "logLoggedModelParameters"
> {
  const at = (id: string, ...rest: string[]) =>
    ["logged-models", id, ...rest].map(encodeURIComponent).join("/");
  return {
    async createLoggedModel(model) {
      const fields = {
        experiment_id: model.experimentId,
        name: model.name,
        model_type: model.modelType,
        source_run_id: model.sourceRunId,
        params: model.parameters,
        tags: model.tags,
      };
      return (await call("POST", "logged-models", fields, ModelAnswer)).model;
    },
    async getLoggedModel(id) {
      return (await call("GET", at(id), {}, ModelAnswer)).model;
    },
    async finalizeLoggedModel(id, status) {
      const fields = { model_id: id, status: writeLoggedModelStatus(status) };
      return (await call("PATCH", at(id), fields, ModelAnswer)).model;
    },
    async setLoggedModelTags(id, tags) {
      await call("PATCH", at(id, "tags"), { model_id: id, tags }, Nothing);
    },
    async deleteLoggedModelTag(id, key) {
      await call("DELETE", at(id, "tags", key), {}, Nothing);
    },
    async logLoggedModelParameters(id, parameters) {
      await call("POST", at(id, "params"), { model_id: id, params: parameters }, Nothing);
    },
  };
}

function registryCalls({ call }: RestConnection): Calls<
  | "createRegisteredModel"
  | "getRegisteredModel"
  | "createModelVersion"
  | "getModelVersion"
  | "getModelVersionByAlias"
  | "setModelAlias"
> {
  return {
    async createRegisteredModel(name, options = {}) {
      const fields = { name, ...options };
      return (await call("POST", "registered-models/create", fields, RegisteredAnswer)).registered_model;
    },
    async getRegisteredModel(name) {
      return (await call("GET", "registered-models/get", { name }, RegisteredAnswer)).registered_model;
    },
    async createModelVersion(version) {
      const { runId, modelId, ...rest } = version;
      const fields = { ...rest, run_id: runId, model_id: modelId };
      return (await call("POST", "model-versions/create", fields, VersionAnswer)).model_version;
    },
    async getModelVersion(name, version) {
      return (await call("GET", "model-versions/get", { name, version }, VersionAnswer)).model_version;
    },
    async getModelVersionByAlias(name, alias) {
      return (await call("GET", "registered-models/alias", { name, alias }, VersionAnswer)).model_version;
    },
    async setModelAlias(name, alias, version) {
      await call("POST", "registered-models/alias", { name, alias, version }, Nothing);
    },
  };
}
