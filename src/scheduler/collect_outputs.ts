/** Takes what a step produced, once every process of it is dead, and makes it the run's artifacts. */
import { dirname, join } from "node:path";
import { fail, type Result, succeed } from "../core/error.ts";
import type { ProducedOutput } from "../core/event.ts";
import { digestTree, UnsupportedEntry, walkTree } from "../core/file_tree.ts";
import { type KindSpec, outputFileName } from "../core/kind.ts";
import { lookIfThere } from "../core/look.ts";
import { inside } from "../core/place.ts";
import type { PlannedStep } from "../core/plan.ts";
import type { Artifacts } from "../core/ports/tracker.ts";
import type { KeptOutput } from "../core/step_result.ts";
import { isSystemError } from "../core/system_error.ts";
import { findFlaw } from "./check_output.ts";

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

async function checkOutput(step: PlannedStep, name: string, kind: KindSpec, path: string) {
  const at = inside(step.place, `step "${step.name}"`, `output "${name}"`);
  const look = lookIfThere(path);
  if (look === undefined || !isRealFolder(dirname(path))) {
    return fail({
      code: "OUTPUT_MISSING",
      message: `Cannot finish step "${step.name}" as it ended without writing its output "${name}"`,
      at,
      hint: `Write it to the path that \`outputs.${name}\` holds`,
    });
  }
  const invalid = (flaw: string) =>
    fail({
      code: "OUTPUT_INVALID",
      message: `Cannot take output "${name}" of step "${step.name}" as ${flaw}`,
      at,
      hint: kind.kind === "file" ? "Write regular files and folders only" : `Write ${describeKind(kind)}`,
    });
  if (look.is !== "file" && look.is !== "folder") return invalid("it is neither a file nor a folder");
  try {
    const tree = await digestTree(path);
    const flaw = await findFlaw(path, kind, look.is === "folder");
    return flaw === undefined ? succeed(tree) : invalid(flaw);
  } catch (error) {
    if (error instanceof UnsupportedEntry) {
      return invalid(`its \`${error.path}\` is neither a file nor a folder`);
    }
    if (isSystemError(error)) return invalid(`it cannot be read: ${error.message.slice(0, 300)}`);
    throw error;
  }
}

/** A step may have put a link in the place of the folder that was made for it. */
const isRealFolder = (folder: string): boolean =>
  [folder, dirname(folder)].every((path) => lookIfThere(path)?.is === "folder");

function describeKind(kind: KindSpec): string {
  switch (kind.kind) {
    case "dataset":
      return `a ${kind.format} file with the columns ${Object.keys(kind.columns).join(", ")}`;
    case "model":
      return `a folder with an MLmodel file of flavor ${
        kind.flavors.join(", ")
      }, as MLflow's save_model does`;
    case "file":
      return "a file or a folder";
  }
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
