/** Asking for a run, and what comes back. */
import { z } from "zod";
import { lazySchema } from "./lazy_schema.ts";
import type { StepReport } from "./event.ts";
import type { ParameterValue } from "./parameter.ts";
import type { PipelineDefinition } from "./pipeline.ts";
import type { SandboxMode } from "./sandbox_tier.ts";

/** What is asked of a pipeline. Text values are parsed, other values are checked as they are. */
export interface RunRequest {
  readonly entryPoint: string;
  /** By full or short name. `isText` when they were typed on a command line. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly isText: boolean;
}

/** How a pipeline is run. */
export interface RunOptions {
  /** Steps at a time; the machine's cores by default. */
  readonly jobs?: number;
  /** The pipeline's name by default. */
  readonly experimentName?: string;
  /** The pipeline and entry point by default, such as `iris/train`. */
  readonly runName?: string;
  /** Go on with what does not need a failed step. False by default. */
  readonly keepGoing?: boolean;
  /** `auto` by default. */
  readonly sandbox?: SandboxMode;
  /** Take results that were kept before. True by default; results are kept either way. */
  readonly useCache?: boolean;
  /** Refuse to run unless `sluice.lock` says what everything is, and everything is that. False by default. */
  readonly locked?: boolean;
  /** `http://…` or `sqlite:///…`; else MLFLOW_TRACKING_URI, else `mlflow.db` in the working folder. */
  readonly trackingUri?: string;
  /** Abort it to stop the run; its status is then KILLED. */
  readonly signal?: AbortSignal;
}

/** Values of what a step made or a pipeline returned: a path, a metric, several of them, or nothing for an absent one. */
export type ResultValue = string | number | boolean | undefined | readonly ResultValue[] | {
  readonly [name: string]: ResultValue;
};

export interface RunOutcome {
  readonly runId: string;
  readonly experimentId: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** By result name for `main`, by output and metric name for a step. */
  readonly results: Readonly<Record<string, ResultValue>>;
  readonly steps: Readonly<Record<string, StepReport>>;
}

/** Runs an entry point to its end; throws a `SluiceError` when it fails. */
export type StartRun = (
  definition: PipelineDefinition,
  request: RunRequest,
  options: RunOptions,
) => Promise<RunOutcome>;

/** What the child process of a `run` function reads on its standard input. */
export const FunctionCall = lazySchema(() =>
  z.object({
    step: z.string(),
    parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    inputs: z.record(z.string(), z.union([z.string(), z.array(z.string()), z.null()])),
    outputs: z.record(z.string(), z.string()),
  })
);
export type FunctionCall = z.infer<typeof FunctionCall>;

/**
 * One line of the file named in `SLUICE_LOG`: `{"metric": "loss", "value": 0.3, "step": 7}`,
 * `{"param": "depth", "value": "3"}`, `{"tag": "note", "value": "…"}` or `{"progress": 0.5}`.
 * `value` of a metric may be the text `NaN`, `Infinity` or `-Infinity`; `timestamp` is in milliseconds, now by default.
 */
export const LogLine = lazySchema(() =>
  z.union([
    z.object({
      metric: z.string().min(1).max(250),
      value: z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]),
      step: z.number().int().default(0),
      timestamp: z.number().int().optional(),
    }),
    z.object({ param: z.string().min(1).max(250), value: z.union([z.string(), z.number(), z.boolean()]) }),
    z.object({ tag: z.string().min(1).max(250), value: z.string() }),
    z.object({ progress: z.number().min(0).max(1) }),
  ])
);
export type LogLine = z.infer<typeof LogLine>;
