/** `sluice lock`: writes down what a pipeline stands on, or says what that would change. */
import { basename, dirname, join } from "node:path";
import { placed, refuse } from "../core/error.ts";
import { fileURLToPath } from "../core/file_url.ts";
import type { EnvironmentProgress } from "../core/environment.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import type { EnvironmentChange, LockView } from "../environments/environments.ts";
import { type LockSession, stale } from "./lock_check.ts";
import { compareContents, describeEnvironment, type LockDifference } from "./lock_difference.ts";
import { type AskedEnvironment, findEnvironments, observeContents, pipelineKey } from "./lock_record.ts";

export interface LockOptions {
  /** Which packages may move. */
  readonly upgrade: "nothing" | "all" | readonly string[];
  /** Writes and resolves nothing; throws LOCK_STALE, or LOCK_MISSING without a lock, when something would change. */
  readonly isCheck: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: EnvironmentProgress) => void;
}

export interface Locked {
  /** The lock's file. */
  readonly path: string;
  readonly changes: readonly LockDifference[];
}

/**
 * What differs from the lock as it was, after it was written; of a check, nothing is written.
 *
 * Throws what `options` say of a check, ARGUMENT_INVALID for a package to upgrade that no environment has,
 * FOLDER_NOT_WRITABLE and DISK_FULL where the lock cannot be written, and what resolving environments and
 * `observeContents` throw.
 */
export async function lockPipeline(
  definition: PipelineDefinition,
  session: LockSession,
  options: LockOptions,
): Promise<Locked> {
  const environments = await session.environments();
  const contents = await observeContents(definition, await session.digests());
  const asked = findEnvironments(definition);
  const key = pipelineKey(definition);
  const { before, keys, changes } = await environments.relock(
    {
      ...{ pipeline: key, specs: asked.map(({ spec }) => spec), ...contents },
      upgrade: options.upgrade,
      isCheck: options.isCheck,
      keepsUnrecorded: await hasUnlockedNeighbours(definition, (await environments.readLock()).lock),
    },
    {
      signal: options.signal ?? new AbortController().signal,
      onProgress: options.onProgress ?? (() => {}),
    },
  ).catch((error) => {
    throw placed(error, definition.place);
  });
  const record = before.lock?.pipelines[key] ?? { files: {}, modules: {} };
  const all = [
    ...changes.map((change) => withSteps(change, asked, keys)),
    ...compareContents(record, contents),
  ];
  if (options.isCheck && before.lock === undefined) {
    refuse({
      code: "LOCK_MISSING",
      message: `Cannot take pipeline "${definition.name}" as locked as there is no \`${before.path}\``,
      at: definition.place,
      hint: "Run `sluice lock` and commit `sluice.lock`",
    });
  }
  if (options.isCheck && all.length > 0) refuse(stale(all, before.path));
  return { path: before.path, changes: all };
}

function withSteps(
  change: EnvironmentChange,
  asked: readonly AskedEnvironment[],
  keys: readonly (string | undefined)[],
): LockDifference {
  const own = asked.filter((_, index) => keys[index] === change.key);
  const steps = own.flatMap((one) => one.steps);
  return change.what === "missing"
    ? { is: "missing", environment: describeEnvironment(own[0]!.spec), steps }
    : { ...change, steps };
}

/**
 * Whether the lock's folder holds what looks like a pipeline that the lock says nothing of: entries that nobody is known
 * to need may be its own.
 */
async function hasUnlockedNeighbours(
  definition: PipelineDefinition,
  lock: LockView["lock"],
): Promise<boolean> {
  const own = fileURLToPath(definition.module);
  const folder = dirname(own);
  const locked = new Set(Object.keys(lock?.pipelines ?? {}).map((key) => key.slice(0, key.lastIndexOf("#"))));
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    if (!isFile || !/\.[mc]?[jt]sx?$/.test(name) || locked.has(name)) continue;
    const text = await Deno.readTextFile(join(folder, name)).catch(() => "");
    const count = text.match(/\bpipeline\(/g)?.length ?? 0;
    if (count > (name === basename(own) ? 1 : 0)) return true;
  }
  return false;
}
