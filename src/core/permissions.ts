/** What a step may reach and use, beyond what it declared as inputs and outputs. */
import { z } from "zod";
import { lazySchema } from "./lazy_schema.ts";

export interface Permissions {
  /** No network, all of it, or named hosts (`host` or `host:port`). */
  readonly net: boolean | readonly string[];
  /** Further files and folders to read, absolute. */
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Names of environment variables of the caller to pass on; their values count as parameters do. */
  readonly env: readonly string[];
  readonly gpu: boolean;
}
// The type is written out, as `deno pack` makes declarations of what mod.ts reaches without inference.
export const Permissions: z.ZodType<Permissions> = lazySchema(() =>
  z.object({
    net: z.union([z.boolean(), z.array(z.string()).readonly()]),
    read: z.array(z.string()).readonly(),
    write: z.array(z.string()).readonly(),
    env: z.array(z.string()).readonly(),
    gpu: z.boolean(),
  }).readonly()
);

export const noPermissions: Permissions = { net: false, read: [], write: [], env: [], gpu: false };

/** Limits cannot change a successful output, so they are never part of a key. */
export const Limits = lazySchema(() =>
  z.object({
    /** Further attempts after the first fails; 0 by default. */
    retries: z.number().int().min(0),
    /** Of one attempt. */
    timeoutMs: z.number().positive().optional(),
    /** Counted against `--jobs`; 1 by default. */
    cores: z.number().int().min(1),
    /** Counted against the machine's memory when steps are started; one that takes more is ended. */
    memoryBytes: z.number().int().positive().optional(),
    /** Of the processors, in one attempt and over all its processes; one that takes more is ended. */
    cpuTimeMs: z.number().positive().optional(),
  }).readonly()
);
export type Limits = z.infer<typeof Limits>;

export const noLimits: Limits = { retries: 0, cores: 1 };
