/** Takes what a step produced, once every process of it is dead, and makes it the run's artifacts. */
import { join } from "node:path";
import { type Result, succeed } from "../core/error.ts";
import type { ProducedOutput } from "../core/event.ts";
import { walkTree } from "../core/file_tree.ts";
import { outputFileName } from "../core/kind.ts";
import type { PlannedStep } from "../core/plan.ts";
import type { Artifacts } from "../core/ports/tracker.ts";
import type { KeptOutput } from "../core/step_result.ts";
import { checkOutput } from "./check_output.ts";

/**
 * Checks each declared output in `folder` and moves it to the run's artifacts (`location`), under its file name.
 *
 * All are checked before the first is moved. Where the artifacts are not on this machine they are sent there, and the
 * output stays where it is. Fails with OUTPUT_MISSING or OUTPUT_INVALID.
 */
export async function collectOutputs(
  step: PlannedStep,
  folder: string,
  artifacts: Artifacts,
  location: string,
): Promise<Result<Collected>> {
  const kept: Record<string, KeptOutput> = {};
  for (const [name, kind] of Object.entries(step.outputs)) {
    const file = outputFileName(name, kind);
    const output = await checkOutput(step, name, kind, join(folder, file));
    if (!output.ok) return output;
    kept[name] = { file, ...output.value };
  }
  const outputs: Record<string, ProducedOutput> = {};
  for (const [name, { file, digest, sizeBytes }] of Object.entries(kept)) {
    const path = await keep(join(folder, file), file, artifacts, location);
    outputs[name] = { path, digest, sizeBytes };
  }
  return succeed({ outputs, kept });
}

/** What a step produced: as others see it, and as the cache keeps it. */
export interface Collected {
  readonly outputs: Readonly<Record<string, ProducedOutput>>;
  readonly kept: Readonly<Record<string, KeptOutput>>;
}

async function keep(path: string, file: string, artifacts: Artifacts, location: string): Promise<string> {
  const local = artifacts.localFolder(location);
  if (local === undefined) {
    await sendOutput(path, file, artifacts, location);
    return path;
  }
  await artifacts.take(location, file, path);
  return join(local, file);
}

/** Sends the file or folder at `path` to artifacts that are not on this machine, as `file`. It stays where it is. */
export async function sendOutput(
  path: string,
  file: string,
  artifacts: Artifacts,
  location: string,
): Promise<void> {
  for (const entry of walkTree(path)) {
    if (entry.is !== "file") continue;
    const [from, to] = entry.path === "" ? [path, file] : [join(path, entry.path), `${file}/${entry.path}`];
    await artifacts.write(location, to, (await Deno.open(from)).readable);
  }
}
