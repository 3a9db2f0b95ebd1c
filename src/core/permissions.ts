/** What a step may reach and use, beyond what it declared as inputs and outputs. */
import { z } from "zod";

export const Permissions = z.object({
  /** No network, all of it, or named hosts (`host` or `host:port`). */
  net: z.union([z.boolean(), z.array(z.string()).readonly()]),
  /** Further files and folders to read, absolute. */
  read: z.array(z.string()).readonly(),
  write: z.array(z.string()).readonly(),
  /** Names of environment variables of the caller to pass on. */
  env: z.array(z.string()).readonly(),
  gpu: z.boolean(),
}).readonly();
export type Permissions = z.infer<typeof Permissions>;

export const noPermissions: Permissions = { net: false, read: [], write: [], env: [], gpu: false };

/** Limits cannot change a successful output, so they are never part of a key. */
export const Limits = z.object({
  /** Further attempts after the first fails; 0 by default. */
  retries: z.number().int().min(0),
  /** Of one attempt. */
  timeoutMs: z.number().positive().optional(),
  /** Counted against `--jobs`; 1 by default. */
  cores: z.number().int().min(1),
  /** Counted against the machine's memory when steps are started. */
  memoryBytes: z.number().int().positive().optional(),
}).readonly();
export type Limits = z.infer<typeof Limits>;

export const noLimits: Limits = { retries: 0, cores: 1 };
