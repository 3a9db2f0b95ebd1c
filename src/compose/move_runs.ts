/** Brings runs of one store to another: experiments, runs, logged models and registered models, with their artifacts. */
import { refuse } from "../core/error.ts";
import type {
  Change,
  MovedRegisteredModel,
  MovedRun,
  Placed,
  RunSource,
  RunTarget,
} from "../core/ports/moved_runs.ts";
import { type Experiment, type LoggedModel, type RunInfo, TrackingError } from "../core/tracking.ts";
import { checkIds, chooseRuns, type ChosenRuns, type RunChoice } from "./choose_runs.ts";
import { artifactPaths, copyArtifacts } from "./move_artifacts.ts";

type Counts = { readonly [C in Change]: number };

/** What was moved, for who asked. */
export interface MoveReport {
  readonly from: string;
  readonly to: string;
  readonly experiments: number;
  readonly runs: Counts;
  readonly loggedModels: Counts;
  readonly registeredModels: Counts;
  /** Points of metrics that were read. */
  readonly points: number;
  /** Files of artifacts that were written, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Artifact locations that only others reach: named there as they were here, and not copied. */
  readonly leftWhereTheyAre: readonly string[];
}

export interface MoveProgress {
  readonly done: number;
  readonly total: number;
  readonly bytes: number;
}

/**
 * Each run is there whole or not at all, and what is there already stays, so a move that was broken off is done again.
 * The target is opened when the source was found to be sound. Throws RUN_NOT_FOUND, RUNS_UNREADABLE, RUNS_DIFFER, TRACKER_REFUSED, and what
 * the stores throw.
 */
export async function moveRuns(
  source: RunSource,
  openTarget: () => Promise<RunTarget>,
  choice: RunChoice,
  onProgress: (progress: MoveProgress) => void,
): Promise<MoveReport> {
  const chosen = await chooseRuns(source, choice);
  const registered = (await source.registeredModels()).filter((model) => isOfChosen(model, chosen, choice));
  if (source.isOfFiles) await checkSource(source, chosen);
  const target = await openTarget();
  try {
    if (target.uri === source.uri) refuseSame(source.uri);
    const move = openMove(source, target, chosen.reduce((sum, { runs }) => sum + runs.length, 0), onProgress);
    for (const { experiment, runs, models } of chosen) {
      const placed = await target.placeExperiment(experiment);
      for (const info of runs) await move.run(info, placed);
      for (const model of models) await move.model(model, placed);
      await target.finishExperiment?.(experiment, placed);
    }
    for (const model of registered) await move.registered(model);
    return { from: source.uri, to: target.uri, experiments: chosen.length, ...move.counts() };
  } catch (error) {
    if (!(error instanceof TrackingError)) throw error;
    return refuse({
      code: "TRACKER_REFUSED",
      message: `Cannot bring runs to \`${target.uri}\` as it is refused: ${error.message.replace(/\.$/, "")}`,
      hint: "What is there is whole; choose other runs, or do it again",
    });
  } finally {
    await target.close();
  }
}

function refuseSame(uri: string): never {
  return refuse({
    code: "ARGUMENT_INVALID",
    message: `Cannot bring runs from \`${uri}\` to itself`,
    hint: "Name another place",
  });
}

async function checkSource(source: RunSource, chosen: readonly ChosenRuns[]): Promise<void> {
  for (const { runs, models } of chosen) {
    for (const info of runs) {
      const { modelInputs, modelOutputs } = await source.read(info);
      checkIds([...modelInputs, ...modelOutputs].map(({ modelId }) => modelId), source.uri);
    }
    for (const { artifactUri } of [...runs, ...models]) {
      const from = source.locate(artifactUri);
      if (from === undefined) continue;
      for await (const _ of artifactPaths(source.artifacts, from));
    }
  }
}

const isOfChosen = (
  model: MovedRegisteredModel,
  chosen: readonly ChosenRuns[],
  { runs, experiment }: RunChoice,
): boolean => {
  if (runs.length === 0 && experiment === undefined) return true;
  const ids = new Set(chosen.flatMap((one) => [...one.runs, ...one.models].map(({ id }) => id)));
  return model.versions.some(({ runId = "", modelId = "" }) => ids.has(runId) || ids.has(modelId));
};

function openMove(
  source: RunSource,
  target: RunTarget,
  total: number,
  onProgress: (progress: MoveProgress) => void,
) {
  const noChange = { new: 0, changed: 0, same: 0 };
  const [runs, loggedModels, registeredModels] = [{ ...noChange }, { ...noChange }, { ...noChange }];
  const left = new Set<string>();
  /** Where the artifacts of each location went. */
  const moved = new Map<string, string>();
  /** Where the files of each logged model went, by the id that it had. */
  const modelPlaces = new Map<string, string>();
  let [done, points, files, bytes] = [0, 0, 0, 0];

  /** The location in the target, and whether files were written there. */
  const moveArtifacts = async (
    location: string,
    placed: Placed,
  ): Promise<{ uri: string; isNew: boolean }> => {
    const known = moved.get(location);
    if (known !== undefined && target.keepsIds) return { uri: known, isNew: false };
    const from = source.locate(location);
    if (from === undefined) {
      if (location.startsWith("mlflow-artifacts:")) refuseUnreached(location, source.uri);
      left.add(location);
      return { uri: location, isNew: false };
    }
    moved.set(location, placed.artifactUri);
    const copied = await copyArtifacts(source, from, target, placed.artifactUri);
    files += copied.files;
    bytes += copied.bytes;
    return { uri: placed.artifactUri, isNew: copied.files > 0 };
  };
  const count = (counts: { [C in Change]: number }, change: Change, isNew: boolean) => {
    counts[change === "same" && isNew ? "changed" : change]++;
  };
  /** An address of the source's artifacts as one of the target's. */
  const readdress = (address: string | undefined): string | undefined => {
    if (address === undefined) return undefined;
    for (let end = address.length; end > 0; end = address.lastIndexOf("/", end - 1)) {
      const to = moved.get(address.slice(0, end));
      if (to !== undefined) return to + address.slice(end);
    }
    return address;
  };

  return {
    async run(info: RunInfo, experiment: Experiment) {
      const placed = await target.placeRun(info, experiment);
      const { uri, isNew } = await moveArtifacts(info.artifactUri, placed);
      const run: MovedRun = await source.read(info);
      checkIds([...run.modelInputs, ...run.modelOutputs].map(({ modelId }) => modelId), source.uri);
      points += run.points.length;
      const there = { ...run.info, id: placed.id, experimentId: experiment.id, artifactUri: uri };
      count(runs, await target.putRun({ ...run, info: there }), isNew);
      onProgress({ done: ++done, total, bytes });
    },
    async model(model: LoggedModel, experiment: Experiment) {
      const placed = await target.placeModel(model, experiment);
      const { uri, isNew } = await moveArtifacts(model.artifactUri, placed);
      modelPlaces.set(model.id, uri);
      const there = { ...model, id: placed.id, experimentId: experiment.id, artifactUri: uri };
      count(loggedModels, await target.putModel(there), isNew);
    },
    async registered(model: MovedRegisteredModel) {
      checkIds(model.versions.map(({ version }) => version), source.uri);
      const versions = model.versions.map(({ storageLocation, ...version }) => {
        const there = readdress(storageLocation) ?? modelPlaces.get(version.modelId ?? "");
        return {
          ...version,
          source: readdress(version.source) ?? "",
          ...(there === undefined ? {} : { storageLocation: there }),
        };
      });
      count(registeredModels, await target.putRegisteredModel({ ...model, versions }), false);
    },
    counts: () => ({
      runs,
      loggedModels,
      registeredModels,
      points,
      files,
      bytes,
      leftWhereTheyAre: [...left],
    }),
  };
}

function refuseUnreached(location: string, uri: string): never {
  return refuse({
    code: "RUNS_UNREADABLE",
    message: `Cannot copy artifacts at \`${location}\` as ${uri} does not say where its server keeps them`,
    hint:
      "Start that server and give its http address, or put its artifacts as `mlartifacts` beside the file",
  });
}
