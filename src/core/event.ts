/** What happens during a run: one union that whoever shows or records a run reads. One JSON object a line in `--json`. */
import type { EnvironmentProgress } from "./environment.ts";
import type { Failure } from "./error.ts";
import type { ParameterValue } from "./parameter.ts";
import type { SandboxTier } from "./sandbox_tier.ts";

/** Milliseconds since 1970, UTC. */
export type Instant = number;

/** The newest event format; the first event of a run carries it. */
export const eventVersion = 2;

/** How a step ended. */
export type StepOutcome =
  | { readonly is: "finished" }
  /** Not run: its result was kept when the run `runId` made it. */
  | { readonly is: "cached"; readonly runId: string }
  /** `log` is the path of its full output; `lastLines` its end. */
  | {
    readonly is: "failed";
    readonly failure: Failure;
    readonly log?: string;
    readonly lastLines: readonly string[];
  }
  /** Stopped by a signal to us, or because another step failed. */
  | { readonly is: "killed" }
  /** Never started, as `step` did not finish. */
  | { readonly is: "blocked"; readonly step: string };

/** How an output looks from outside. */
export interface ProducedOutput {
  /** Absolute. */
  readonly path: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** Of all its files. */
  readonly sizeBytes: number;
}

/** What one step left behind. */
export interface StepReport {
  /** The name of its use. */
  readonly step: string;
  /** Of its nested run. */
  readonly runId: string;
  /** How it ended. */
  readonly outcome: StepOutcome;
  /** When it was started. */
  readonly startedAt: Instant;
  /** When it ended. */
  readonly endedAt: Instant;
  /** By the step's own names. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** The last value of each. */
  readonly metrics: Readonly<Record<string, number>>;
  /** By the step's own names. */
  readonly outputs: Readonly<Record<string, ProducedOutput>>;
  /** What held its process, or the one that made its result; absent when it was never started. */
  readonly sandbox?: SandboxTier;
  /** Its key with its inputs by content, `sha256:` and 64 hex digits; absent when it was never started. */
  readonly key?: string;
}

/** Whether a step's outputs are there. */
export const isDone = (outcome: StepOutcome): boolean => outcome.is === "finished" || outcome.is === "cached";

export type RunStatus = "finished" | "failed" | "killed";

export type Event =
  & { readonly at: Instant }
  & (
    | {
      readonly is: "run-started";
      readonly version: typeof eventVersion;
      readonly pipeline: string;
      readonly entryPoint: string;
      readonly runId: string;
      readonly runName: string;
      readonly experiment: string;
      readonly tracker: string;
      readonly parameters: Readonly<Record<string, ParameterValue>>;
      readonly steps: readonly {
        readonly step: string;
        readonly needs: readonly string[];
        readonly family?: string;
      }[];
      readonly skipped: readonly { readonly step: string; readonly because: string }[];
    }
    | {
      readonly is: "environment-progress";
      readonly environment: string;
      readonly progress: EnvironmentProgress;
    }
    | {
      readonly is: "environment-ready";
      readonly environment: string;
      readonly isNew: boolean;
      readonly tookMs: number;
      /** How many are in it, where that was counted. */
      readonly packages?: number;
    }
    /** Another process runs the same step. */
    | { readonly is: "step-waiting"; readonly step: string }
    | {
      readonly is: "step-started";
      readonly step: string;
      readonly runId: string;
      readonly attempt: number;
      readonly sandbox: SandboxTier;
    }
    | {
      readonly is: "step-output";
      readonly step: string;
      readonly stream: "stdout" | "stderr";
      readonly line: string;
    }
    | {
      readonly is: "step-metric";
      readonly step: string;
      readonly metric: string;
      readonly value: number;
      readonly index: number;
    }
    /** From 0 to 1, as the step itself says. */
    | { readonly is: "step-progress"; readonly step: string; readonly progress: number }
    | {
      readonly is: "step-retrying";
      readonly step: string;
      readonly attempt: number;
      readonly failure: Failure;
    }
    | ({ readonly is: "step-ended" } & StepReport)
    | { readonly is: "warning"; readonly message: string; readonly step?: string }
    | {
      readonly is: "run-ended";
      readonly runId: string;
      readonly status: RunStatus;
      readonly steps: readonly StepReport[];
      readonly failure?: Failure;
    }
  );
