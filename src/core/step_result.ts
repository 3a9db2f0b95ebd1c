/** What a step made, as the cache keeps it. */
import { z } from "zod";
import { Digest } from "./digest.ts";
import { EnvironmentContents } from "./environment.ts";
import { lazySchema } from "./lazy_schema.ts";
import { SandboxTierSchema } from "./sandbox_tier.ts";
import { SourceList } from "./sources.ts";
import { KeyParts } from "./step_key.ts";

/** The newest format of results and records, and the only one that is read and written. */
export const resultVersion = 1;

/** One file of an output; `path` is relative to the output, with forward slashes, and empty for an output that is a file. */
export const KeptFile = lazySchema(() =>
  z.object({
    path: z.string(),
    digest: Digest,
    sizeBytes: z.number().int().min(0),
    isProgram: z.boolean(),
  }).readonly()
);
export type KeptFile = z.infer<typeof KeptFile>;

export const KeptOutput = lazySchema(() =>
  z.object({
    /** Its name in a folder of outputs. */
    file: z.string(),
    isFolder: z.boolean(),
    /** As `digestTree` gives it. */
    digest: Digest,
    sizeBytes: z.number().int().min(0),
    files: z.array(KeptFile).readonly(),
    /** Folders without a file in them. */
    emptyFolders: z.array(z.string()).readonly(),
  }).readonly()
);
export type KeptOutput = z.infer<typeof KeptOutput>;

/** Of every file and empty folder, relative to the folder that holds the outputs. */
export const pathsOf = (outputs: Readonly<Record<string, KeptOutput>>): string[] =>
  Object.values(outputs).flatMap(({ file, isFolder, files, emptyFolders }) => {
    const within = [...files.map(({ path }) => path), ...emptyFolders];
    const isEmpty = isFolder && within.length === 0;
    return isEmpty ? [file] : within.map((path) => path === "" ? file : `${file}/${path}`);
  });

/** `value` as text: JSON has no NaN. */
export const KeptPoint = lazySchema(() =>
  z.object({ key: z.string(), value: z.string(), step: z.number().int(), timestamp: z.number().int() })
    .readonly()
);
export type KeptPoint = z.infer<typeof KeptPoint>;

export const StepResult = lazySchema(() =>
  z.object({
    version: z.literal(resultVersion),
    /** With inputs by content. */
    key: Digest,
    sandbox: SandboxTierSchema,
    /** By the step's own names. */
    outputs: z.record(z.string(), KeptOutput).readonly(),
    /** The latest point of each. */
    metrics: z.array(KeptPoint).readonly(),
    /** All points of all, oldest first, where they are few; absent where they are many. */
    history: z.array(KeptPoint).readonly().optional(),
    /** Logged by the step itself. */
    parameters: z.array(z.object({ key: z.string(), value: z.string() }).readonly()).readonly(),
    tags: z.array(z.object({ key: z.string(), value: z.string() }).readonly()).readonly(),
    /** Logged models. */
    models: z.array(z.object({ modelId: z.string(), step: z.number().int() }).readonly()).readonly(),
    madeBy: z.object({
      /** The tracker's URI. */
      tracker: z.string(),
      runId: z.string(),
      artifactUri: z.string(),
      startedAt: z.number(),
      endedAt: z.number(),
    }).readonly(),
  }).readonly()
);
export type StepResult = z.infer<typeof StepResult>;

/** What a key stood for when a step ran with it, so that a later one can be told from it. Kept for every step that ran. */
export const KeyRecord = lazySchema(() =>
  z.object({
    version: z.literal(resultVersion),
    parts: KeyParts,
    sources: SourceList,
    environment: EnvironmentContents.optional(),
  }).readonly()
);
export type KeyRecord = z.infer<typeof KeyRecord>;
