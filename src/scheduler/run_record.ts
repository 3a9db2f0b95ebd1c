/** What a run is recorded as: MLflow's own tags, and ours beside them. */
import type { Digest } from "../core/digest.ts";
import type { RunStatus } from "../core/event.ts";
import type { ParameterValue } from "../core/parameter.ts";
import type { Plan, PlannedStep } from "../core/plan.ts";
import { sandboxTiers } from "../core/sandbox_tier.ts";
import type { StepResult } from "../core/step_result.ts";
import type { LoggedParameter, MlflowRunStatus, Tag } from "../core/tracking.ts";

/** Where the pipeline, or the MLflow project, came from. */
export interface RunOrigin {
  readonly user: string;
  /** The pipeline's file, or what stands for the project as MLflow has it. */
  readonly source: string;
  /** Of the git checkout it lies in. */
  readonly gitCommit?: string;
  readonly repositoryUrl?: string;
  /** That was asked for by its name. */
  readonly branch?: string;
  /** What made the environment of a project's steps, as MLflow calls it; the kind of environment when absent. */
  readonly environmentManager?: string;
  /** Further ones of each step that is executed. */
  readonly stepTags?: readonly Tag[];
  readonly version: string;
}

/** `mlflow.source.*` and `mlflow.project.*` as `mlflow run` sets them. */
function originTags(origin: RunOrigin, entryPoint: string): Tag[] {
  return [
    { key: "mlflow.user", value: origin.user },
    { key: "mlflow.source.name", value: origin.source },
    { key: "mlflow.source.type", value: "PROJECT" },
    { key: "mlflow.project.entryPoint", value: entryPoint },
    { key: "mlflow.project.backend", value: "local" },
    ...tagIfKnown("mlflow.source.git.commit", origin.gitCommit),
    ...tagIfKnown("mlflow.source.git.repoURL", origin.repositoryUrl),
    ...tagIfKnown("mlflow.source.git.branch", origin.branch),
    { key: "sluice.version", value: origin.version },
  ];
}

const tagIfKnown = (key: string, value: string | undefined): Tag[] =>
  value === undefined ? [] : [{ key, value }];

/** Of a pipeline's own run. */
export function pipelineTags(plan: Plan, origin: RunOrigin): Tag[] {
  const weakest = sandboxTiers.find((tier) => plan.steps.some((step) => step.sandbox === tier));
  return [
    ...originTags(origin, plan.entryPoint),
    { key: "sluice.pipeline", value: plan.pipeline },
    ...(weakest === undefined ? [] : [{ key: "sluice.sandbox", value: weakest }]),
  ];
}

/** What all nested runs of one run share. */
interface Parent {
  readonly origin: RunOrigin;
  readonly parentRunId: string;
  readonly pipeline: string;
}

/** Of a step that is executed; `key` has the inputs by content and is undefined when they could not be had. */
export function executedStepTags(step: PlannedStep, parent: Parent, key: Digest | undefined): Tag[] {
  return [
    ...originTags(parent.origin, step.name),
    { key: "mlflow.project.env", value: parent.origin.environmentManager ?? step.environment.kind },
    ...commonTags(step, parent),
    ...(key === undefined ? [] : [{ key: "sluice.resolvedKey", value: key }]),
    { key: "sluice.cache", value: "executed" },
    { key: "sluice.sandbox", value: step.sandbox },
    ...(step.environmentState.is === "locked" ? [environmentTag(step.environmentState.id)] : []),
    ...(parent.origin.stepTags ?? []),
  ];
}

/** Of a step that was taken from the cache: where its process came from is said by the run that made it. */
export function cachedStepTags(step: PlannedStep, parent: Parent, result: StepResult): Tag[] {
  return [
    { key: "mlflow.user", value: parent.origin.user },
    ...commonTags(step, parent),
    { key: "sluice.resolvedKey", value: result.key },
    { key: "sluice.cache", value: "cached" },
    { key: "sluice.cache.run", value: result.madeBy.runId },
    { key: "sluice.sandbox", value: result.sandbox },
  ];
}

const commonTags = (step: PlannedStep, { parentRunId, pipeline }: Parent): Tag[] => [
  { key: "mlflow.parentRunId", value: parentRunId },
  { key: "sluice.pipeline", value: pipeline },
  { key: "sluice.step", value: step.name },
  { key: "sluice.key", value: step.key },
];

const environmentTag = (id: Digest): Tag => ({ key: "sluice.environment", value: id });

/** As text, in the order of their names. */
export function loggedParameters(parameters: Readonly<Record<string, ParameterValue>>): LoggedParameter[] {
  return Object.entries(parameters)
    .map(([key, value]) => ({ key, value: String(value) }))
    .sort((a, b) => a.key < b.key ? -1 : 1);
}

/** As MLflow calls it. */
export function mlflowStatus(status: RunStatus): MlflowRunStatus {
  switch (status) {
    case "finished":
      return "FINISHED";
    case "failed":
      return "FAILED";
    case "killed":
      return "KILLED";
  }
}

/** The metrics a step declares, in its order, then what else it logged. */
export function declaredFirst(
  step: PlannedStep,
  metrics: readonly { readonly key: string; readonly value: number }[],
): Record<string, number> {
  const values = new Map(metrics.map(({ key, value }) => [key, value]));
  const declared = step.metrics.filter((name) => values.has(name));
  return Object.fromEntries(
    [...declared, ...values.keys()].map((name) => [name, values.get(name)!]),
  );
}
