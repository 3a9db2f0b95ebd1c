/** What `--locked` asks before anything runs: is the lock there, and is it that of this pipeline as it stands? */
import { type Failure, refuse } from "../core/error.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import type { FileDigests } from "../core/ports/file_digests.ts";
import type { ProjectEnvironments } from "../environments/environments.ts";
import {
  compareContents,
  describeEnvironment,
  differenceLines,
  type LockDifference,
} from "./lock_difference.ts";
import { findEnvironments, observeContents, pipelineKey } from "./lock_record.ts";

/** What of a session the check needs; `openSession` gives it. */
export interface LockSession {
  readonly environments: () => Promise<ProjectEnvironments>;
  readonly digests: () => FileDigests | Promise<FileDigests>;
}

/**
 * Holds the pipeline against its lock: environments of all its steps, given files, modules. Writes and resolves nothing.
 * Throws LOCK_MISSING where the lock says nothing of the pipeline, LOCK_STALE with all that is not as it was locked.
 */
export async function checkLocked(definition: PipelineDefinition, session: LockSession): Promise<void> {
  const environments = await session.environments();
  const { path, lock } = await environments.readLock();
  const key = pipelineKey(definition);
  const record = lock?.pipelines?.[key];
  if (record === undefined) return refuse(missing(definition, path, lock !== undefined));
  const [now, unlocked] = await Promise.all([
    observeContents(definition, await session.digests()),
    findUnlocked(definition, environments),
  ]);
  const differences = [...unlocked, ...compareContents(record, now)];
  if (differences.length > 0) refuse(stale(differences, path));
}

async function findUnlocked(
  definition: PipelineDefinition,
  environments: ProjectEnvironments,
): Promise<LockDifference[]> {
  const found: LockDifference[] = [];
  for (const { spec, steps } of findEnvironments(definition)) {
    if ((await environments.observe(spec)).is === "locked") continue;
    found.push({ is: "missing", environment: describeEnvironment(spec), steps });
  }
  return found;
}

const hint = "Run `sluice lock` and commit `sluice.lock`";

function missing({ name, place }: PipelineDefinition, path: string, isThere: boolean): Failure {
  return {
    code: "LOCK_MISSING",
    message: `Cannot take pipeline "${name}" as locked as ${
      isThere ? `\`${path}\` says nothing of it` : `there is no \`${path}\``
    }`,
    at: place,
    hint,
  };
}

/** The failure that `sluice lock --check` ends with as well. */
export function stale(differences: readonly LockDifference[], path: string): Failure {
  return {
    code: "LOCK_STALE",
    message: "Cannot take the pipeline as locked as it is not what its lock recorded",
    at: { file: path },
    details: differences.flatMap(differenceLines).join("\n"),
    hint,
  };
}
