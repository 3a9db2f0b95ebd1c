/** What a summary of a run is made of: the first event, the last one, and what it was a run of. */
import type { Failure } from "../core/error.ts";
import type { Event, StepOutcome } from "../core/event.ts";
import { type SandboxTier, sandboxTiers } from "../core/sandbox_tier.ts";

/** What is known of a run before it begins. */
export interface SummarySubject {
  readonly pipeline: string;
  readonly entryPoint: string;
  /** Of the folder that holds the pipeline. */
  readonly gitCommit?: string;
  /** Paths are shown relative to it. */
  readonly workingFolder: string;
}

export interface SummaryContent extends SummarySubject {
  readonly started?: Extract<Event, { is: "run-started" }>;
  readonly ended?: Extract<Event, { is: "run-ended" }>;
  /** Why the run never began. */
  readonly refusal?: Failure;
}

/** What failed although no step did: a request that was refused, a run that was stopped. */
export function runFailure({ ended, refusal }: SummaryContent): Failure | undefined {
  if (refusal !== undefined) return refusal;
  return ended?.steps.some(({ outcome }) => outcome.is === "failed") ? undefined : ended?.failure;
}

/** What held the steps, from the weakest: `deno, bubblewrap`. Empty when none was started. */
export function sandboxText({ ended }: SummaryContent): string {
  const seen = new Set<SandboxTier | undefined>(ended?.steps.map(({ sandbox }) => sandbox));
  return sandboxTiers.filter((tier) => seen.has(tier)).join(", ");
}

/** From the first event to the last, in milliseconds. */
export const runTimeMs = ({ started, ended }: SummaryContent): number =>
  started === undefined || ended === undefined ? 0 : Math.max(0, ended.at - started.at);

/** Why a step that did not fail made nothing either. */
export function reasonNotRun(outcome: StepOutcome): string {
  if (outcome.is === "blocked") return `"${outcome.step}" did not finish`;
  return outcome.is === "killed" ? "stopped" : "";
}
