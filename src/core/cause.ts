/** What will become of a step, and why: said before it runs. Plain data. */
import type { Digest } from "./digest.ts";
import type { ParameterValue } from "./parameter.ts";
import type { SandboxTier } from "./sandbox_tier.ts";
import type { MlflowRunStatus } from "./tracking.ts";

/** Why a step runs, and no kept result is taken for it. */
export type Cause =
  /** The tracker has no run of it under this name. */
  | { readonly is: "never-ran" }
  | { readonly is: "did-not-finish"; readonly runId: string; readonly status: MlflowRunStatus }
  | { readonly is: "not-cached"; readonly because: NotCached }
  /** Nothing changed, but its result was collected, or was found damaged. */
  | { readonly is: "not-kept" }
  /** It ran before, but what it ran with is not kept any more, or was written by another version. */
  | { readonly is: "not-comparable"; readonly runId: string }
  | { readonly is: "weaker-sandbox"; readonly made: SandboxTier; readonly wanted: SandboxTier }
  | Change;

export type NotCached =
  /** It uses the machine's own programs. */
  | "host-environment"
  /** It writes elsewhere than its outputs. */
  | "write-permission"
  /** The step says `cache: false`. */
  | "step"
  /** The run was asked for without cache. */
  | "run";

/** What differs from the last run. `old` is absent for what is new, `new` for what is gone. */
export type Change =
  | { readonly is: "parameter"; readonly name: string; readonly old?: Shown; readonly new?: Shown }
  /** `path` is relative to the step's folder; a package of a function's modules is `npm:name@1`. */
  | {
    readonly is: "source";
    readonly path: string;
    readonly old?: string;
    readonly new?: string;
    /** Where it is text that is still kept: the first line that differs. */
    readonly line?: LineChange;
  }
  | { readonly is: "command"; readonly old: string; readonly new: string }
  | { readonly is: "package"; readonly name: string; readonly old?: string; readonly new?: string }
  | { readonly is: "interpreter"; readonly old?: string; readonly new?: string }
  | { readonly is: "platform"; readonly old: string; readonly new: string }
  /** Environments of which no more is known than that they differ. */
  | { readonly is: "environment"; readonly old: string; readonly new: string }
  | {
    readonly is: "input";
    readonly name: string;
    /** Where it comes from now: `step.output`, a path or the URI of a registered model; absent for an input that is gone. */
    readonly from?: string;
    readonly old?: InputState;
    readonly new?: InputState;
  }
  /** The content of what the permission `read` names; null for what is not there. */
  | {
    readonly is: "read-content";
    readonly path: string;
    readonly old: Digest | null;
    readonly new: Digest | null;
  }
  /** The value of the environment variable that the permission `env` names. */
  | { readonly is: "variable"; readonly name: string; readonly isSet: boolean }
  | {
    readonly is: "permission";
    readonly name: "net" | "read" | "write" | "env" | "gpu";
    readonly old: string;
    readonly new: string;
  }
  | { readonly is: "output"; readonly name: string; readonly old?: string; readonly new?: string }
  | { readonly is: "metric"; readonly name: string; readonly change: "added" | "removed" | "moved" }
  | { readonly is: "key-format"; readonly old: number; readonly new: number };

/** A parameter's value; of a path the digest of what lies there, of a metric not known yet its name. */
export type Shown = ParameterValue;

/** What an input was or is: a digest, a registered model's version, or what a step has yet to make. */
export type InputState =
  | { readonly is: "content"; readonly digest: Digest; readonly name: string }
  | { readonly is: "registered"; readonly uri: string; readonly version: string }
  | { readonly is: "not-made-yet" };

export interface LineChange {
  /** From 1. */
  readonly number: number;
  /** Shortened; absent where the text ends before. */
  readonly old?: string;
  readonly new?: string;
}

/** What will become of a step. */
export type StepForecast =
  /** The result that run `runId` made is taken. */
  | { readonly is: "cached"; readonly runId: string }
  /** Most telling cause first; none where the tracker could not be read. */
  | { readonly is: "will-run"; readonly causes: readonly Cause[] }
  /** It runs unless these steps, which run themselves or may, come out as they did the last time. */
  | { readonly is: "depends"; readonly on: readonly string[] };

/** By step, in the order of the plan. */
export type Forecast = ReadonlyMap<string, StepForecast>;

/** What is said of one step that was asked about. */
export type Why =
  /** The step, then the steps it depends on, down to those that will run for reasons of their own. */
  | {
    readonly is: "forecast";
    readonly chain: readonly WhyStep[];
    /** How many steps of a long chain are not told; those that it begins with are. */
    readonly omitted?: number;
  }
  /** Left out as the boolean parameter `because` is false. */
  | { readonly is: "skipped"; readonly because: string };

export interface WhyStep {
  readonly step: string;
  readonly forecast: StepForecast;
}
