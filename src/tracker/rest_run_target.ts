/**
 * Takes whole runs of another store to an MLflow server, which gives ids of its own: the tag `sluice.importedFrom` has the
 * one that a run or model had, by which it is found again.
 */
import { z } from "zod";
import type { Change, MovedRun, RunTarget } from "../core/ports/moved_runs.ts";
import type { Metric, Run, Tag } from "../core/tracking.ts";
import { tagOf } from "../core/tracking.ts";
import { checkSameExperiment, checkSameParameters, isLaterEnd } from "./moved_run_rules.ts";
import { openRestConnection, type RestOptions } from "./rest_connection.ts";
import { listAllRuns, listLoggedModels } from "./rest_listing.ts";
import { modelTaker, originTag } from "./rest_moved_models.ts";
import { readHistory } from "./rest_run_source.ts";
import { openRestTracker } from "./rest_tracker.ts";

/** Tags whose value is the id of another run. */
const runTags: readonly string[] = ["mlflow.parentRunId", "sluice.cache.run", "mlflow.rootRunId"];

/** `uri` is as `openRestTracker` takes it. Nothing is sent before the first call. */
export function openRestRunTarget(uri: string, options: RestOptions): RunTarget {
  const connection = openRestConnection(uri, options);
  const tracker = openRestTracker(uri, options);
  /** By the ids that they had; a run that came from here is its own. */
  const runs = new Map<string, Run>();
  /** By the ids that they have. */
  const here = new Map<string, Run>();
  const fresh = new Set<string>();
  const taker = modelTaker(connection, tracker, runs);
  let waiting: (() => Promise<void>)[] = [];

  const pointsToAdd = async (id: string, run: MovedRun): Promise<Metric[]> => {
    if (fresh.has(id)) return [...run.points];
    const known = new Set<string>();
    for (const key of new Set(run.points.map((point) => point.key))) {
      for await (const point of readHistory(tracker, id, key)) known.add(pointText(point));
    }
    return run.points.filter((point) => !known.has(pointText(point)));
  };
  const putLinks = async (id: string, run: MovedRun, known: Run) => {
    const isNew = (ids: readonly { readonly modelId: string }[], modelId: string) =>
      ids.every((one) => one.modelId !== modelId);
    const inputs = run.modelInputs.map(({ modelId }) => ({ modelId: taker.idOf(modelId) }))
      .filter(({ modelId }) => isNew(known.modelInputs, modelId));
    const outputs = run.modelOutputs.map(({ modelId, step }) => ({ modelId: taker.idOf(modelId), step }))
      .filter(({ modelId }) => isNew(known.modelOutputs, modelId));
    if (inputs.length > 0) await tracker.logInputs(id, [], inputs);
    if (outputs.length > 0) await tracker.logOutputs(id, outputs);
  };
  const tagsHere = (tags: readonly Tag[]): Tag[] =>
    tags.filter(({ key }) => key !== originTag)
      .map(({ key, value }) => ({
        key,
        value: runTags.includes(key) ? runs.get(value)?.info.id ?? value : value,
      }));

  async function putRun(run: MovedRun): Promise<Change> {
    const { id } = run.info;
    const known = here.get(id)!;
    checkSameParameters(run, known);
    const tags = missing(known.tags, tagsHere(run.tags));
    const parameters = missing(known.parameters, run.parameters);
    const metrics = await pointsToAdd(id, run);
    const datasets = run.datasetInputs.filter(({ dataset }) =>
      known.datasetInputs.every((one) =>
        one.dataset.name !== dataset.name || one.dataset.digest !== dataset.digest
      )
    );
    const { status, endedAt, name, lifecycleStage } = run.info;
    const ends = isLaterEnd(run.info, known.info) &&
      (status !== known.info.status || endedAt !== known.info.endedAt || name !== known.info.name);
    const change = fresh.has(id)
      ? "new"
      : tags.length + parameters.length + metrics.length + datasets.length > 0 || ends
      ? "changed"
      : "same";
    if (tags.length + parameters.length + metrics.length > 0) {
      await tracker.logBatch(id, { tags, parameters, metrics });
    }
    if (datasets.length > 0) await tracker.logInputs(id, datasets, []);
    waiting.push(async () => {
      if (run.modelInputs.length + run.modelOutputs.length > 0) await putLinks(id, run, known);
      // Its parent may have come after it.
      const late = missing(tags.length > 0 ? tags : known.tags, tagsHere(run.tags))
        .filter(({ key }) => runTags.includes(key));
      if (late.length > 0) await tracker.logBatch(id, { tags: late });
      if (ends) {
        await tracker.updateRun(id, { status, name, ...(endedAt === undefined ? {} : { endedAt }) });
      }
      if (lifecycleStage === "deleted" && known.info.lifecycleStage === "active") {
        await connection.call("POST", "runs/delete", { run_id: id }, z.object({}));
      }
    });
    return change;
  }

  return {
    uri: connection.uri,
    keepsIds: false,
    async placeExperiment(experiment) {
      const found = await tracker.findExperiment(experiment.name);
      if (found !== undefined) checkSameExperiment(experiment, found);
      const placed = found ?? await tracker.createExperiment(experiment.name, experiment.tags);
      for (const run of await listAllRuns(connection, placed.id)) {
        here.set(run.info.id, run);
        runs.set(run.info.id, run);
        runs.set(tagOf(run, originTag) ?? run.info.id, run);
      }
      taker.know(await listLoggedModels(connection, placed.id));
      return placed;
    },
    async placeRun(info, experiment) {
      const known = runs.get(info.id);
      if (known !== undefined) return known.info;
      const tags = [{ key: originTag, value: info.id }];
      const { experimentId: _, ...rest } = info;
      const made = await tracker.createRun({ ...rest, experimentId: experiment.id, tags });
      fresh.add(made.id);
      const run = await tracker.getRun(made.id);
      here.set(made.id, run);
      runs.set(info.id, run);
      return made;
    },
    putRun,
    placeModel: (model, experiment) => taker.place(model, experiment.id),
    putModel: (model) => taker.put(model),
    async finishExperiment(experiment, placed) {
      const all = waiting;
      waiting = [];
      for (const finish of all) await finish();
      if (experiment.lifecycleStage === "deleted" && placed.lifecycleStage === "active") {
        await connection.call("POST", "experiments/delete", { experiment_id: placed.id }, z.object({}));
      }
    },
    putRegisteredModel: (model) => taker.putRegistered(model),
    artifacts: tracker.artifacts,
    async close() {
      connection.close();
      await tracker.close();
    },
  };
}

const pointText = ({ key, value, timestamp, step }: Metric): string =>
  JSON.stringify([key, String(value), timestamp, step]);

function missing<T extends Tag>(known: readonly Tag[], wanted: readonly T[]): T[] {
  const values = new Map(known.map(({ key, value }) => [key, value]));
  return wanted.filter(({ key, value }) => values.get(key) !== value);
}
