/** What a run is recorded as: MLflow's own tags, and ours beside them. */
import type { Digest } from "../core/digest.ts";
import type { RunStatus } from "../core/event.ts";
import type { ParameterValue } from "../core/parameter.ts";
import type { Plan, PlannedStep } from "../core/plan.ts";
import { type SandboxTier, sandboxTiers } from "../core/sandbox_tier.ts";
import type { StepResult } from "../core/step_result.ts";
import type { LoggedParameter, MlflowRunStatus, Tag } from "../core/tracking.ts";

/** Where the pipeline came from. */
export interface RunOrigin {
  readonly user: string;
  /** The pipeline's file. */
  readonly source: string;
  /** Of the git checkout it lies in. */
  readonly gitCommit?: string;
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
    ...(origin.gitCommit === undefined ? [] : [{ key: "mlflow.source.git.commit", value: origin.gitCommit }]),
    { key: "sluice.version", value: origin.version },
  ];
}

export function pipelineTags(plan: Plan, origin: RunOrigin): Tag[] {
  const weakest = sandboxTiers.find((tier) => plan.steps.some((step) => step.sandbox === tier));
  return [
    ...originTags(origin, plan.entryPoint),
    { key: "sluice.pipeline", value: plan.pipeline },
    ...(weakest === undefined ? [] : [{ key: "sluice.sandbox", value: weakest }]),
  ];
}

/** How a nested run came to be. */
export type StepCourse =
  /** `key` has the inputs by content; undefined when they could not be had. */
  | { readonly is: "executed"; readonly key: Digest | undefined; readonly sandbox: SandboxTier }
  | { readonly is: "cached"; readonly result: StepResult };

export function stepTags(
  step: PlannedStep,
  { origin, parentRunId, pipeline }: {
    readonly origin: RunOrigin;
    readonly parentRunId: string;
    readonly pipeline: string;
  },
  course: StepCourse,
): Tag[] {
  const { key, sandbox } = course.is === "cached" ? course.result : course;
  return [
    ...originTags(origin, step.name),
    { key: "mlflow.parentRunId", value: parentRunId },
    { key: "mlflow.project.env", value: step.environment.kind },
    { key: "sluice.pipeline", value: pipeline },
    { key: "sluice.step", value: step.name },
    { key: "sluice.key", value: step.key },
    ...(key === undefined ? [] : [{ key: "sluice.resolvedKey", value: key }]),
    { key: "sluice.cache", value: course.is },
    ...(course.is === "cached" ? [{ key: "sluice.cache.run", value: course.result.madeBy.runId }] : []),
    { key: "sluice.sandbox", value: sandbox },
    ...(step.environmentState.is === "locked" ? [environmentTag(step.environmentState.id)] : []),
  ];
}

const environmentTag = (id: Digest): Tag => ({ key: "sluice.environment", value: id });

/** As text, in the order of their names. */
export function loggedParameters(parameters: Readonly<Record<string, ParameterValue>>): LoggedParameter[] {
  return Object.entries(parameters)
    .map(([key, value]) => ({ key, value: String(value) }))
    .sort((a, b) => a.key < b.key ? -1 : 1);
}

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
