/** What one session may touch: its run, and the runs, models and versions made through it. */
import type { Tracker } from "../core/ports/tracker.ts";
import { type Experiment, type ModelVersion, TrackingError } from "../core/tracking.ts";

export interface Scope {
  readonly runId: string;
  /** The session's run and the runs made through it, oldest first. */
  readonly runIds: ReadonlySet<string>;
  /** Artifact locations by the id of a run or model, as they become known; they never change. */
  readonly locations: Map<string, string>;
  /** The experiment of the session's run; every run made through it belongs there. */
  experiment(): Promise<Experiment>;
  /** Throws PERMISSION_DENIED for another experiment; "0" is what clients say that were told of none. */
  requireExperiment(id: string): Promise<void>;
  /** Throws PERMISSION_DENIED for a run that is not the session's. */
  requireRun(id: string): void;
  /** Throws PERMISSION_DENIED for a model of another run. */
  requireModel(id: string): Promise<void>;
  /** As `requireModel`, but also content with a model that is an input of the session's run. */
  requireReadableModel(id: string): Promise<void>;
  /** Throws PERMISSION_DENIED for a version of another run's model. */
  requireVersion(version: ModelVersion): Promise<void>;
  ownsVersion(version: ModelVersion): Promise<boolean>;
  /** Makes a run the session's. */
  addRun(id: string): void;
  /** Makes a model the session's. */
  addModel(id: string): void;
  /** Remembers a version made through the session. */
  addVersion(version: ModelVersion): void;
  /** Name and number of the versions made through the session, oldest first. */
  readonly versions: readonly Pick<ModelVersion, "name" | "version">[];
  /** The models that the session's runs logged or were given. */
  modelIds(): Promise<readonly string[]>;
}

/** What one step may touch: its own run, what is nested in it, and what it made. */
export function openScope(tracker: Tracker, runId: string): Scope {
  const runIds = new Set([runId]);
  const ownModels = new Set<string>();
  const inputs = new Set<string>();
  const versions: Pick<ModelVersion, "name" | "version">[] = [];
  let experiment: Promise<Experiment> | undefined;

  const ownsModel = async (id: string): Promise<boolean> => {
    if (ownModels.has(id)) return true;
    const { sourceRunId } = await tracker.getLoggedModel(id);
    if (sourceRunId === undefined || !runIds.has(sourceRunId)) return false;
    ownModels.add(id);
    return true;
  };
  const ownsVersion = async (version: ModelVersion): Promise<boolean> =>
    (version.runId !== undefined && runIds.has(version.runId)) ||
    (version.modelId !== undefined && await ownsModel(version.modelId));

  const findExperiment = (): Promise<Experiment> => {
    experiment ??= tracker.getRun(runId).then((run) => tracker.getExperiment(run.info.experimentId));
    experiment.catch(() => experiment = undefined);
    return experiment;
  };

  return {
    runId,
    runIds,
    locations: new Map(),
    experiment: findExperiment,
    async requireExperiment(id) {
      if (id === "0" || id === (await findExperiment()).id) return;
      throw deny(`experiment '${id}'`, "this step's runs belong to another");
    },
    requireRun(id) {
      if (!runIds.has(id)) throw deny(`run '${id}'`, "this step may only use its own run");
    },
    async requireModel(id) {
      if (!await ownsModel(id)) throw deny(`logged model '${id}'`, "it belongs to another run");
    },
    async requireReadableModel(id) {
      if (inputs.has(id) || await ownsModel(id)) return;
      const { modelInputs } = await tracker.getRun(runId);
      for (const { modelId } of modelInputs) inputs.add(modelId);
      if (!modelInputs.some(({ modelId }) => modelId === id)) {
        throw deny(`logged model '${id}'`, "it belongs to another run and is no input of this one");
      }
    },
    async requireVersion(version) {
      if (!await ownsVersion(version)) {
        throw deny(
          `version ${version.version} of model '${version.name}'`,
          "another run made it; declare it as an input of the step",
        );
      }
    },
    ownsVersion,
    addRun: (id) => void runIds.add(id),
    addModel: (id) => void ownModels.add(id),
    addVersion: ({ name, version }) => void versions.push({ name, version }),
    versions,
    async modelIds() {
      const ids = new Set(ownModels);
      for (const id of runIds) {
        const { modelInputs, modelOutputs } = await tracker.getRun(id);
        for (const { modelId } of [...modelOutputs, ...modelInputs]) ids.add(modelId);
      }
      return [...ids];
    },
  };
}

const deny = (what: string, why: string): TrackingError =>
  new TrackingError("PERMISSION_DENIED", `Cannot use ${what} as ${why}`);
