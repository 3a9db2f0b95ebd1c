/** Words of core that users meet in the language, for `mod.ts` to pass on. */
export { codes, SluiceError } from "../core/error.ts";
export type { Code, Failure } from "../core/error.ts";
export type { Instant, ProducedOutput, StepOutcome, StepReport } from "../core/event.ts";
export type { ParameterValue } from "../core/parameter.ts";
export type { Place } from "../core/place.ts";
export type { RunOptions } from "../core/run.ts";
export type { SandboxMode, SandboxTier } from "../core/sandbox_tier.ts";
