/** Runs: what a step logs. */
import { z } from "zod";
import {
  listOf,
  optional,
  present,
  WireInteger,
  type WireObject,
  WireParameter,
  WireTag,
} from "../core/mlflow_scalars.ts";
import {
  WireDatasetInput,
  WireMetric,
  WireModelInput,
  WireModelOutput,
  WireRunStatus,
  writeMetric,
  writeRun,
  writeRunInfo,
} from "../core/mlflow_wire.ts";
import type { Metric, RunBatch, RunInfo, Tag } from "../core/tracking.ts";
import { TrackingError } from "../core/tracking.ts";
import { viewRun, viewRunInfo } from "./client_view.ts";
import { type Desk, type Endpoint, endpoint } from "./endpoint.ts";
import { newParameters } from "./same_parameter.ts";

const parentTag = "mlflow.parentRunId";
const nothing: WireObject = {};

/** `run_uuid` is the older name of `run_id`. */
const runId = { run_id: optional(z.string()), run_uuid: optional(z.string()) };
const AboutRun = z.object(runId);

export const runEndpoints: readonly Endpoint[] = [
  endpoint(
    "POST",
    "runs/create",
    z.object({
      experiment_id: optional(z.string()),
      user_id: optional(z.string()),
      run_name: optional(z.string()),
      start_time: optional(WireInteger),
      tags: listOf(WireTag),
    }),
    async (given, desk) => {
      const experiment = await desk.scope.experiment();
      if (given.experiment_id !== undefined) await desk.scope.requireExperiment(given.experiment_id);
      const info = await desk.tracker.createRun({
        experimentId: experiment.id,
        name: given.run_name ?? given.tags.find((tag) => tag.key === "mlflow.runName")?.value ?? "",
        user: given.user_id ?? "",
        startedAt: given.start_time ?? desk.clock(),
        tags: underOwnRun(given.tags, desk),
      });
      desk.scope.addRun(info.id);
      return { run: writeRun(viewRun(await desk.tracker.getRun(info.id))) };
    },
  ),
  endpoint("GET", "runs/get", AboutRun, async (given, desk) => {
    const run = await desk.tracker.getRun(ownRun(given, desk));
    return { run: writeRun(viewRun(run)) };
  }),
  endpoint(
    "POST",
    "runs/update",
    AboutRun.extend({
      status: optional(WireRunStatus),
      end_time: optional(WireInteger),
      run_name: optional(z.string()),
    }),
    async (given, desk) => ({
      run_info: writeRunInfo(viewRunInfo(await updateRun(ownRun(given, desk), given, desk))),
    }),
  ),
  endpoint(
    "POST",
    "runs/log-metric",
    AboutRun.loose(),
    (given, desk) => logBatch(ownRun(given, desk), { metrics: [WireMetric.parse(given)] }, desk),
  ),
  endpoint(
    "POST",
    "runs/log-parameter",
    AboutRun.loose(),
    (given, desk) => logBatch(ownRun(given, desk), { parameters: [WireParameter.parse(given)] }, desk),
  ),
  endpoint(
    "POST",
    "runs/set-tag",
    AboutRun.loose(),
    (given, desk) => logBatch(ownRun(given, desk), { tags: [WireTag.parse(given)] }, desk),
  ),
  endpoint(
    "POST",
    "runs/log-batch",
    AboutRun.extend({ metrics: listOf(WireMetric), params: listOf(WireParameter), tags: listOf(WireTag) }),
    (given, desk) =>
      logBatch(
        ownRun(given, desk),
        { metrics: given.metrics, parameters: given.params, tags: given.tags },
        desk,
      ),
  ),
  endpoint("POST", "runs/delete-tag", AboutRun.extend({ key: z.string() }), async (given, desk) => {
    const id = ownRun(given, desk);
    requireFreeTag(given.key);
    await desk.tracker.deleteTag(id, given.key);
    return nothing;
  }),
  endpoint(
    "POST",
    "runs/log-inputs",
    AboutRun.extend({ datasets: listOf(WireDatasetInput), models: listOf(WireModelInput) }),
    async (given, desk) => {
      const id = ownRun(given, desk);
      for (const { modelId } of given.models) await desk.scope.requireReadableModel(modelId);
      await desk.tracker.logInputs(id, given.datasets, given.models);
      return nothing;
    },
  ),
  endpoint(
    "POST",
    "runs/outputs",
    AboutRun.extend({ models: listOf(WireModelOutput) }),
    async (given, desk) => {
      const id = ownRun(given, desk);
      for (const { modelId } of given.models) await desk.scope.requireModel(modelId);
      await desk.tracker.logOutputs(id, given.models);
      return nothing;
    },
  ),
  endpoint("POST", "runs/log-model", AboutRun.extend({ model_json: z.string() }), async (given, desk) => {
    const id = ownRun(given, desk);
    await recordModel(id, given.model_json, desk);
    return nothing;
  }),
  endpoint(
    "GET",
    "metrics/get-history",
    AboutRun.extend({
      metric_key: z.string(),
      max_results: optional(WireInteger),
      page_token: optional(z.string()),
    }),
    async (given, desk) => {
      const page = present({ token: given.page_token, limit: given.max_results });
      const history = await desk.tracker.getMetricHistory(ownRun(given, desk), given.metric_key, page);
      return { metrics: history.items.map(writeMetric), next_page_token: history.nextPageToken };
    },
  ),
];

function ownRun(given: z.output<typeof AboutRun>, { scope }: Desk): string {
  const id = given.run_id ?? given.run_uuid;
  if (id === undefined || id === "") {
    throw new TrackingError("INVALID_PARAMETER_VALUE", "Missing value for required parameter 'run_id'");
  }
  scope.requireRun(id);
  return id;
}

async function logBatch(
  id: string,
  batch: RunBatch,
  { tracker, scope, onMetric }: Desk,
): Promise<WireObject> {
  for (const { key } of batch.tags ?? []) requireFreeTag(key);
  for (const { modelId } of batch.metrics ?? []) {
    if (modelId !== undefined) await scope.requireReadableModel(modelId);
  }
  await logOnce(id, batch, tracker);
  if (id === scope.runId) {
    for (const { key, value, step } of ownPoints(batch.metrics ?? [])) onMetric(id, key, value, step);
  }
  return nothing;
}

/** Arguments of the step that it logs again are left out when the tracker refuses them. */
async function logOnce(id: string, batch: RunBatch, tracker: Desk["tracker"]): Promise<void> {
  try {
    await tracker.logBatch(id, batch);
  } catch (error) {
    const given = batch.parameters ?? [];
    if (!(error instanceof TrackingError) || error.code !== "INVALID_PARAMETER_VALUE" || given.length === 0) {
      throw error;
    }
    const parameters = newParameters(given, (await tracker.getRun(id)).parameters);
    if (parameters.length === given.length) throw error;
    await tracker.logBatch(id, { ...batch, parameters });
  }
}

/** MLflow's client sends a point again, later and once for each model that the run has logged: those are the models'. */
function ownPoints(points: readonly Metric[]): Iterable<Metric> {
  const own = points.filter((point) => point.modelId === undefined);
  return new Map(own.map((point) => [`${point.step} ${point.key}`, point])).values();
}

/**
 * The status of the session's own run is the step's: it is known when its process has ended, not when its code
 * leaves `mlflow.start_run()`. So the client sees the status that it set, and the tracker keeps RUNNING.
 */
async function updateRun(
  id: string,
  given: {
    status?: RunInfo["status"] | undefined;
    end_time?: number | undefined;
    run_name?: string | undefined;
  },
  { tracker, scope }: Desk,
): Promise<RunInfo> {
  const change = present({ status: given.status, endedAt: given.end_time });
  const name = present({ name: given.run_name === "" ? undefined : given.run_name });
  if (id !== scope.runId) return await tracker.updateRun(id, { ...change, ...name });
  const info = name.name === undefined ? (await tracker.getRun(id)).info : await tracker.updateRun(id, name);
  return { ...info, ...change };
}

/** A run made by a step stands below the step's run, or below another made by it. */
function underOwnRun(tags: readonly Tag[], { scope }: Desk): readonly Tag[] {
  const parent = tags.find((tag) => tag.key === parentTag);
  const others = tags.filter((tag) => tag !== parent);
  for (const { key } of others) requireFreeTag(key);
  const isOwn = parent !== undefined && scope.runIds.has(parent.value);
  return [...others, { key: parentTag, value: isOwn ? parent.value : scope.runId }];
}

/** What sluice says of a run is not for its step to change. */
function requireFreeTag(key: string): void {
  if (key === parentTag || key.startsWith("sluice.")) {
    throw new TrackingError("PERMISSION_DENIED", `Cannot change tag '${key}' as sluice itself keeps it`);
  }
}

/** What clients before MLflow 3 did when they logged a model: a list in a tag. */
async function recordModel(id: string, modelJson: string, { tracker }: Desk): Promise<void> {
  const key = "mlflow.log-model.history";
  const text = (await tracker.getRun(id)).tags.find((tag) => tag.key === key)?.value ?? "[]";
  const Model = z.looseObject({ artifact_path: z.string(), flavors: z.looseObject({}) });
  let history: readonly unknown[];
  try {
    history = z.array(z.unknown()).parse(JSON.parse(text));
  } catch {
    throw new TrackingError(
      "INVALID_PARAMETER_VALUE",
      `Cannot record the model as the run's tag '${key}' holds no list of models`,
    );
  }
  let model: unknown;
  try {
    model = Model.parse(JSON.parse(modelJson));
  } catch {
    throw new TrackingError(
      "INVALID_PARAMETER_VALUE",
      "Malformed model info: 'model_json' must be an object with 'artifact_path' and 'flavors'",
    );
  }
  await tracker.logBatch(id, { tags: [{ key, value: JSON.stringify([...history, model]) }] });
}
