/** What may hold a step's process, and how much of it is asked for. */
import { z } from "zod";
import { lazySchema } from "./lazy_schema.ts";

/**
 * From nothing to all: `none`; `deno`, Deno's own permissions; `landlock`; `bubblewrap`. A `run` function is held by
 * Deno's permissions in each of the last two as well.
 */
export type SandboxTier = "none" | "deno" | "landlock" | "bubblewrap";
/** From the weakest to the strongest. */
export const sandboxTiers: readonly SandboxTier[] = ["none", "deno", "landlock", "bubblewrap"];
export const SandboxTierSchema: z.ZodType<SandboxTier> = lazySchema(() => z.enum(sandboxTiers));

/**
 * `auto`: bubblewrap, else Landlock, else refuse. `require`: bubblewrap for every step, else refuse. `off`: only what
 * Deno's own permissions hold.
 */
export type SandboxMode = "auto" | "require" | "off";
export const sandboxModes: readonly SandboxMode[] = ["auto", "require", "off"];

/** Whether what `made` was held by may stand for what `wanted` would hold. */
export const isAtLeast = (made: SandboxTier, wanted: SandboxTier): boolean =>
  sandboxTiers.indexOf(made) >= sandboxTiers.indexOf(wanted);

/** Below this a result can depend on what its key does not name. */
export const isSoundTier = (tier: SandboxTier): boolean => isAtLeast(tier, "landlock");
