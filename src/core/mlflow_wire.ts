/**
 * MLflow's REST messages about experiments and runs, to and from the tracker's words. Field names follow
 * `service.proto` of MLflow 3.17.2. Each `Wire…` schema reads a message; each `write…` makes one.
 */
import { z } from "zod";
import {
  listOf,
  optional,
  present,
  WireDouble,
  WireInteger,
  type WireObject,
  WireParameter,
  WireTag,
  writeDouble,
} from "./mlflow_scalars.ts";
import type { DatasetInput, Experiment, Metric, ModelInput, ModelOutput, Run, RunInfo } from "./tracking.ts";

/** What MLflow's servers answer about one experiment. */
export const WireExperiment = z.object({
  experiment_id: z.string(),
  name: z.string(),
  artifact_location: z.string().default(""),
  lifecycle_stage: z.enum(["active", "deleted"]).default("active"),
  creation_time: optional(WireInteger),
  last_update_time: optional(WireInteger),
  tags: listOf(WireTag),
}).transform((wire): Experiment =>
  present({
    id: wire.experiment_id,
    name: wire.name,
    artifactLocation: wire.artifact_location,
    lifecycleStage: wire.lifecycle_stage,
    createdAt: wire.creation_time,
    updatedAt: wire.last_update_time,
    tags: wire.tags,
  })
);
export const writeExperiment = (experiment: Experiment): WireObject => ({
  experiment_id: experiment.id,
  name: experiment.name,
  artifact_location: experiment.artifactLocation,
  lifecycle_stage: experiment.lifecycleStage,
  creation_time: experiment.createdAt,
  last_update_time: experiment.updatedAt,
  tags: listed(experiment.tags),
});

const metricFields = {
  key: z.string(),
  value: WireDouble,
  timestamp: WireInteger,
  step: WireInteger.nullish().transform((step) => step ?? 0),
  model_id: optional(z.string()),
  dataset_name: optional(z.string()),
  dataset_digest: optional(z.string()),
};
export const WireMetric = z.object(metricFields).transform(readMetric);
/** A point of a logged model, which names the run that logged it. */
export const WireModelMetric = z.object({ ...metricFields, run_id: z.string().default("") })
  .transform((wire) => ({ ...readMetric(wire), runId: wire.run_id }));
export const writeMetric = (metric: Metric): WireObject => ({
  key: metric.key,
  value: writeDouble(metric.value),
  timestamp: metric.timestamp,
  step: metric.step,
  model_id: metric.modelId,
  dataset_name: metric.datasetName,
  dataset_digest: metric.datasetDigest,
});

export const WireRunStatus = z.enum(["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]);

/** `run_uuid` is the older name of `run_id`; both are written. */
export const WireRunInfo = z.object({
  run_id: optional(z.string()),
  run_uuid: optional(z.string()),
  run_name: optional(z.string()),
  experiment_id: z.string(),
  user_id: optional(z.string()),
  status: WireRunStatus.default("RUNNING"),
  start_time: optional(WireInteger),
  end_time: optional(WireInteger),
  artifact_uri: z.string().default(""),
  lifecycle_stage: z.enum(["active", "deleted"]).default("active"),
}).transform((wire): RunInfo =>
  present({
    id: wire.run_id ?? wire.run_uuid ?? "",
    name: wire.run_name ?? "",
    experimentId: wire.experiment_id,
    status: wire.status,
    startedAt: wire.start_time ?? 0,
    endedAt: wire.end_time,
    artifactUri: wire.artifact_uri,
    lifecycleStage: wire.lifecycle_stage,
    user: wire.user_id ?? "",
  })
);
export const writeRunInfo = (info: RunInfo): WireObject => ({
  run_uuid: info.id,
  run_id: info.id,
  run_name: info.name,
  experiment_id: info.experimentId,
  user_id: info.user,
  status: info.status,
  start_time: info.startedAt,
  end_time: info.endedAt,
  artifact_uri: info.artifactUri,
  lifecycle_stage: info.lifecycleStage,
});

export const WireDatasetInput = z.object({
  tags: listOf(WireTag),
  dataset: z.object({
    name: z.string(),
    digest: z.string(),
    source_type: z.string(),
    source: z.string(),
    schema: optional(z.string()),
    profile: optional(z.string()),
  }).transform(({ source_type, ...rest }) => present({ ...rest, sourceType: source_type })),
}).transform((wire): DatasetInput => wire);
export function writeDatasetInput({ tags, dataset }: DatasetInput): WireObject {
  const { sourceType, ...rest } = dataset;
  return { tags: listed(tags), dataset: { ...rest, source_type: sourceType } };
}

export const WireModelInput = z.object({ model_id: z.string() })
  .transform((wire): ModelInput => ({ modelId: wire.model_id }));
export const writeModelInput = (input: ModelInput): WireObject => ({ model_id: input.modelId });

export const WireModelOutput = z.object({
  model_id: z.string(),
  step: WireInteger.nullish().transform((step) => step ?? 0),
}).transform((wire): ModelOutput => ({ modelId: wire.model_id, step: wire.step }));
export const writeModelOutput = (output: ModelOutput): WireObject => ({
  model_id: output.modelId,
  step: output.step,
});

export const WireRun = z.object({
  info: WireRunInfo,
  data: optional(z.object({
    metrics: listOf(WireMetric),
    params: listOf(WireParameter),
    tags: listOf(WireTag),
  })),
  inputs: optional(
    z.object({ dataset_inputs: listOf(WireDatasetInput), model_inputs: listOf(WireModelInput) }),
  ),
  outputs: optional(z.object({ model_outputs: listOf(WireModelOutput) })),
}).transform(({ info, data, inputs, outputs }): Run => ({
  info,
  metrics: data?.metrics ?? [],
  parameters: data?.params ?? [],
  tags: data?.tags ?? [],
  datasetInputs: inputs?.dataset_inputs ?? [],
  modelInputs: inputs?.model_inputs ?? [],
  modelOutputs: outputs?.model_outputs ?? [],
}));
export const writeRun = (run: Run): WireObject => ({
  info: writeRunInfo(run.info),
  data: {
    metrics: listed(run.metrics.map(writeMetric)),
    params: listed(run.parameters),
    tags: listed(run.tags),
  },
  inputs: {
    dataset_inputs: listed(run.datasetInputs.map(writeDatasetInput)),
    model_inputs: listed(run.modelInputs.map(writeModelInput)),
  },
  outputs: { model_outputs: listed(run.modelOutputs.map(writeModelOutput)) },
});

type MetricFields = z.output<z.ZodObject<typeof metricFields>>;
function readMetric(wire: MetricFields): Metric {
  return present({
    key: wire.key,
    value: wire.value,
    timestamp: wire.timestamp,
    step: wire.step,
    modelId: wire.model_id,
    datasetName: wire.dataset_name,
    datasetDigest: wire.dataset_digest,
  });
}

/** MLflow writes no empty lists. */
function listed<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}
