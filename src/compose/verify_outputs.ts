/** Outputs of a recorded run beside those of the one that was made again. */
import { dirname, join } from "node:path";
import { compareOutputs, differenceText } from "../comparison/compare_outputs.ts";
import { isConfinedPath } from "../core/confined_path.ts";
import { makeFolder } from "../core/file_tree.ts";
import { outputFileName } from "../core/kind.ts";
import type { PlannedStep } from "../core/plan.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { isSystemError } from "../core/system_error.ts";
import { type Run, TrackingError } from "../core/tracking.ts";
import type { VerifiedItem } from "./verified_item.ts";

/** Where outputs are: a folder of this machine, under their file names. */
export async function compareStepOutputs(
  step: PlannedStep,
  before: string,
  after: string,
  tolerance: number | undefined,
): Promise<VerifiedItem[]> {
  const items: VerifiedItem[] = [];
  for (const [name, kind] of Object.entries(step.outputs)) {
    const file = outputFileName(name, kind);
    const options = tolerance === undefined ? {} : { tolerance };
    const told = await compareOutput(() =>
      compareOutputs(join(before, file), join(after, file), kind, options)
    );
    items.push({ step: step.name, is: "output", name, ...told });
  }
  return items;
}

async function compareOutput(
  compare: () => ReturnType<typeof compareOutputs>,
): Promise<Pick<VerifiedItem, "verdict" | "detail">> {
  try {
    const compared = await compare();
    switch (compared.is) {
      case "same":
        return { verdict: "same", detail: compared.allowed.join("; ") };
      case "different": {
        const others = compared.files - 1;
        const more = others === 0
          ? ""
          : `; ${others} more file${others === 1 ? "" : "s"} differ${others === 1 ? "s" : ""}`;
        return { verdict: "different", detail: differenceText(compared.first) + more };
      }
      case "missing":
        return {
          verdict: "missing",
          detail: compared.in === "after"
            ? "it was not made again"
            : "it is not among the artifacts of the run any more",
        };
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return { verdict: "different", detail: `it cannot be read: ${error.message}` };
  }
}

/** The folder with a recorded run's artifacts: where they lie, else a copy of the outputs in `folder`. */
export async function findRecordedOutputs(
  tracker: Tracker,
  run: Run,
  step: PlannedStep,
  folder: string,
): Promise<string> {
  const location = run.info.artifactUri;
  const local = tracker.artifacts.localFolder(location);
  if (local !== undefined) return local;
  makeFolder(folder);
  for (const [name, kind] of Object.entries(step.outputs)) {
    await fetchArtifact(tracker, location, outputFileName(name, kind), folder, 0);
  }
  return folder;
}

/** Deeper than this nothing is fetched: a server could go on for ever. */
const deepest = 64;

/** What is not there is left out. */
async function fetchArtifact(
  tracker: Tracker,
  location: string,
  path: string,
  folder: string,
  depth: number,
): Promise<void> {
  if (depth > deepest) return;
  const below = await tracker.artifacts.list(location, path).catch(nothingThere);
  const inside = below.filter((entry) => entry.path.startsWith(`${path}/`) && isConfinedPath(entry.path));
  if (inside.length > 0) {
    makeFolder(join(folder, path));
    for (const entry of inside) await fetchArtifact(tracker, location, entry.path, folder, depth + 1);
    return;
  }
  const content = await tracker.artifacts.read(location, path).catch(() => undefined);
  if (content === undefined) return;
  makeFolder(dirname(join(folder, path)));
  using file = await Deno.open(join(folder, path), { write: true, createNew: true });
  for await (const part of content) {
    for (let written = 0; written < part.length;) written += await file.write(part.subarray(written));
  }
}

function nothingThere(error: unknown): [] {
  if (error instanceof TrackingError) return [];
  throw error;
}
