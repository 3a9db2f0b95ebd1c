/** The experiment that a run logs to. */
import { refuse } from "../core/error.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { type Experiment, TrackingError } from "../core/tracking.ts";

/** Another first run of the pipeline may make it at the same time. */
async function createExperiment(tracker: Tracker, name: string): Promise<Experiment> {
  try {
    return await tracker.createExperiment(name);
  } catch (error) {
    const isThere = error instanceof TrackingError && error.code === "RESOURCE_ALREADY_EXISTS";
    const found = isThere ? await tracker.findExperiment(name) : undefined;
    if (found === undefined) throw error;
    return found;
  }
}

/** By name; made where there is none. Fails with TRACKER_REFUSED for one that is deleted. */
export async function findOrCreateExperiment(tracker: Tracker, name: string): Promise<Experiment> {
  const found = await tracker.findExperiment(name) ?? await createExperiment(tracker, name);
  return requireActive(found);
}

/** Fails with TRACKER_REFUSED for one that is deleted. */
function requireActive(found: Experiment): Experiment {
  if (found.lifecycleStage === "active") return found;
  return refuse({
    code: "TRACKER_REFUSED",
    message: `Cannot log to experiment "${found.name}" as it is deleted`,
    hint: `Restore it with \`mlflow experiments restore -x ${found.id}\`, or pass another --experiment-name`,
  });
}

/** Of an MLflow project: what is asked for, else what MLflow's variables say, else experiment 0. */
export async function findProjectExperiment(
  tracker: Tracker,
  { experimentName, experimentId }: { readonly experimentName?: string; readonly experimentId?: string },
  variables: Readonly<Record<string, string>>,
): Promise<Experiment> {
  const name = experimentName ??
    (experimentId === undefined ? variables["MLFLOW_EXPERIMENT_NAME"] : undefined);
  if (name) return await findOrCreateExperiment(tracker, name);
  const id = experimentId ?? (variables["MLFLOW_EXPERIMENT_ID"] || "0");
  return requireActive(await tracker.getExperiment(id));
}
