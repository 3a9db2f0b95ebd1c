/**
 * Tracker: experiments, runs, models and their registry, kept where MLflow's own tools read them.
 *
 * One port (`Tracker` of core), two ways: this file and its `sqlite_…` siblings on MLflow 3.17.2's own schema in a
 * SQLite file, `rest_tracker.ts` on MLflow's REST. Rows are those MLflow itself would write, held by tests.
 */
import { dirname, join, resolve } from "node:path";
import type { Tracker } from "../core/ports/tracker.ts";
import { openLocalArtifacts } from "./local_artifacts.ts";
import * as experiments from "./sqlite_experiments.ts";
import { insertInputs, insertOutputs } from "./sqlite_inputs.ts";
import {
  type BegunRun,
  endRun,
  insertBegunRuns,
  insertEndedRuns,
  newOrderedIds,
} from "./sqlite_many_runs.ts";
import { metricHistory } from "./sqlite_metrics.ts";
import { openDatabase } from "./sqlite_open.ts";
import * as runs from "./sqlite_runs.ts";

export interface SqliteTrackerOptions {
  /** The folder for artifacts of new experiments; absolute. `mlruns` beside the file when absent, as in MLflow. */
  readonly artifactRoot?: string;
  /** Make the file, and its folder, when it is not there; else a missing one is refused. */
  readonly create: boolean;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** How long another program may hold the file; 5000 when absent. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens the database at `path`, relative to the working folder.
 *
 * Throws, with the file left as it was: TRACKER_MISSING; TRACKER_DAMAGED; TRACKER_LOCKED; TRACKER_OLDER and
 * TRACKER_NEWER for another schema than that of MLflow 3.17.2; TRACKER_NOT_MLFLOW; FOLDER_NOT_WRITABLE. Later calls
 * throw TRACKER_LOCKED, TRACKER_DAMAGED and TRACKER_WRITE_FAILED; after the latter nothing more is written.
 */
export async function openSqliteTracker(path: string, options: SqliteTrackerOptions): Promise<Tracker> {
  const file = resolve(path);
  const { clock, create, busyTimeoutMs = 5000 } = options;
  const artifactRoot = options.artifactRoot ?? join(dirname(file), "mlruns");
  const database = await openDatabase(file, { artifactRoot, create, busyTimeoutMs, clock });
  const { read, write, writeSoon } = database;
  /** Runs that wait for the next commit. */
  let begun: BegunRun[] = [];
  let beginning: Promise<void> | undefined;
  const locations = new Map<string, string>();
  const findLocation = async (experimentId: string): Promise<string> => {
    const known = locations.get(experimentId) ??
      (await read(() => experiments.getActiveExperiment(database, experimentId))).artifactLocation;
    locations.set(experimentId, known);
    return known;
  };
  // What few runs touch is loaded when it is.
  const models = () => import("./sqlite_logged_models.ts");
  const registry = () => import("./sqlite_registry.ts");
  const versions = () => import("./sqlite_model_versions.ts");

  return {
    uri: `sqlite:///${file}`,

    getExperiment: (id) => read(() => experiments.getExperiment(database, id)),
    findExperiment: (name) => read(() => experiments.findExperiment(database, name)),
    createExperiment: (name, tags = []) =>
      write(() => experiments.createExperiment(database, artifactRoot, clock(), name, tags)),
    listExperiments: () => read(() => experiments.listExperiments(database)),

    createRun: (run) => write(() => runs.createRun(database, run)),
    async beginRun(run, parameters) {
      const id = run.id ?? newOrderedIds(1)[0]!;
      const info = runs.newRunInfo({ ...run, id }, await findLocation(run.experimentId));
      begun.push({ info, tags: run.tags, parameters });
      beginning ??= writeSoon(() => {
        const group = begun;
        [begun, beginning] = [[], undefined];
        insertBegunRuns(database, group);
      });
      return { run: info, recorded: beginning };
    },
    endRun: (id, end) => writeSoon(() => endRun(database, id, end)),
    recordRuns: (ended) => write(() => insertEndedRuns(database, ended)),
    getRun: (id) => read(() => runs.getRun(database, id)),
    updateRun: (id, update) => write(() => runs.updateRun(database, id, update)),
    logBatch: (id, batch) => write(() => runs.logBatch(database, id, batch)),
    deleteTag: (id, key) => write(() => runs.deleteTag(database, id, key)),
    logInputs: (id, datasets, inputs) =>
      write(() => {
        const { experimentId } = runs.getActiveRunInfo(database, id);
        insertInputs(database, id, Number(experimentId), datasets, inputs);
      }),
    logOutputs: (id, outputs) =>
      write(() => {
        runs.getActiveRunInfo(database, id);
        insertOutputs(database, id, outputs);
      }),
    getMetricHistory: (id, key, page = {}) => read(() => metricHistory(database, id, key, page)),
    async searchRuns(search) {
      const { searchRuns } = await import("./sqlite_search.ts");
      return await read(() => searchRuns(database, search));
    },

    async createLoggedModel(model) {
      const { createLoggedModel } = await models();
      return await write(() => createLoggedModel(database, clock(), model));
    },
    async getLoggedModel(id) {
      const { getLoggedModel } = await models();
      return await read(() => getLoggedModel(database, id));
    },
    async finalizeLoggedModel(id, status) {
      const { finalizeLoggedModel } = await models();
      return await write(() => finalizeLoggedModel(database, clock(), id, status));
    },
    async setLoggedModelTags(id, tags) {
      const { setTags } = await models();
      await write(() => setTags(database, id, tags));
    },
    async deleteLoggedModelTag(id, key) {
      const { deleteTag } = await models();
      await write(() => deleteTag(database, id, key));
    },
    async logLoggedModelParameters(id, parameters) {
      const { logParameters } = await models();
      await write(() => logParameters(database, id, parameters));
    },

    async createRegisteredModel(name, { description, tags = [] } = {}) {
      const { createRegisteredModel } = await registry();
      return await write(() => createRegisteredModel(database, clock(), name, description, tags));
    },
    async getRegisteredModel(name) {
      const { getRegisteredModel } = await registry();
      return await read(() => getRegisteredModel(database, name));
    },
    async createModelVersion(version) {
      const { createModelVersion } = await versions();
      return await write(() => createModelVersion(database, clock(), version));
    },
    async getModelVersion(name, version) {
      const { getModelVersion } = await versions();
      return await read(() => getModelVersion(database, name, version));
    },
    async getModelVersionByAlias(name, alias) {
      const { getModelVersionByAlias } = await versions();
      return await read(() => getModelVersionByAlias(database, name, alias));
    },
    async setModelAlias(name, alias, version) {
      const { setAlias } = await registry();
      await write(() => setAlias(database, name, alias, version));
    },

    artifacts: openLocalArtifacts(dirname(file)),
    close: () => database.close(),
  };
}
