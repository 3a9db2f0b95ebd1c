/** Takes logged and registered models of another store to an MLflow server. */
import type { Change, MovedRegisteredModel, Placed } from "../core/ports/moved_runs.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { type LoggedModel, type ModelVersion, type Run, tagOf, TrackingError } from "../core/tracking.ts";
import type { RestConnection } from "./rest_connection.ts";
import { listVersions } from "./rest_listing.ts";

/** The id, or name and version, that a thing had in the store from which it was brought. */
export const originTag = "sluice.importedFrom";
/** MLflow's server writes it itself. */
const versionsTag = "mlflow.modelVersions";

interface ModelTaker {
  /** Models that the server has. */
  know(models: readonly LoggedModel[]): void;
  /** The id here of one that had this one. */
  idOf(id: string): string;
  place(model: LoggedModel, experimentId: string): Promise<Placed>;
  put(model: LoggedModel): Promise<Change>;
  putRegistered(model: MovedRegisteredModel): Promise<Change>;
}

/** `runs` are those that are here, by the ids that they had. */
export function modelTaker(
  connection: RestConnection,
  tracker: Tracker,
  runs: ReadonlyMap<string, Run>,
): ModelTaker {
  const models = new Map<string, LoggedModel>();
  /** By the ids that they have. */
  const here = new Map<string, LoggedModel>();
  const fresh = new Set<string>();
  const idOf = (id: string) => models.get(id)?.id ?? id;
  const runOf = (id: string) => runs.get(id)?.info.id ?? id;

  return {
    know(found) {
      for (const model of found) {
        here.set(model.id, model);
        models.set(model.id, model);
        models.set(tagOf(model, originTag) ?? model.id, model);
      }
    },
    idOf,
    async place(model, experimentId) {
      const known = models.get(model.id);
      if (known !== undefined) return known;
      const made = await tracker.createLoggedModel({
        experimentId,
        name: model.name,
        ...(model.modelType === undefined ? {} : { modelType: model.modelType }),
        ...(model.sourceRunId === undefined ? {} : { sourceRunId: runOf(model.sourceRunId) }),
        parameters: model.parameters,
        tags: [
          ...model.tags.filter(({ key }) => key !== originTag && key !== versionsTag),
          { key: originTag, value: model.id },
        ],
      });
      fresh.add(made.id);
      here.set(made.id, made);
      models.set(model.id, made);
      return made;
    },
    async put(model) {
      const known = here.get(model.id)!;
      const texts = new Set(known.metrics.map(metricText));
      let added = 0;
      for (const { runId: given, ...metric } of model.metrics) {
        const runId = runOf(given);
        const point = { ...metric, modelId: model.id };
        if (texts.has(metricText({ ...point, runId }))) continue;
        await tracker.logBatch(runId, { metrics: [point] });
        added++;
      }
      const ends = known.status === "PENDING" && model.status !== "PENDING";
      if (ends) await tracker.finalizeLoggedModel(model.id, model.status);
      if (fresh.has(model.id)) return "new";
      return added > 0 || ends ? "changed" : "same";
    },
    async putRegistered(model) {
      const isNew = !await hasRegistered(tracker, model.name);
      if (isNew) {
        const { description, tags } = model;
        await tracker.createRegisteredModel(
          model.name,
          description === undefined ? { tags } : { description, tags },
        );
      }
      const there = await listVersions(connection, model.name);
      const numbers = new Map(there.map((one) => [originOf(one), one.version]));
      let added = 0;
      for (const version of model.versions) {
        const isSame = there.some((one) =>
          one.version === version.version && one.createdAt === version.createdAt
        );
        if (isSame) numbers.set(originOf(version), version.version);
        if (isSame || numbers.has(`${model.name}/${version.version}`)) continue;
        numbers.set(`${model.name}/${version.version}`, await addVersion(version));
        added++;
      }
      const { aliases } = await tracker.getRegisteredModel(model.name);
      for (const { alias, version } of model.aliases) {
        if (aliases.some((one) => one.alias === alias)) continue;
        await tracker.setModelAlias(
          model.name,
          alias,
          numbers.get(`${model.name}/${version}`) ?? version,
        );
        added++;
      }
      return isNew ? "new" : added > 0 ? "changed" : "same";
    },
  };

  async function addVersion(version: ModelVersion): Promise<string> {
    const { name, source, runId, modelId, description, tags } = version;
    const made = await tracker.createModelVersion({
      name,
      source: source.replace(/^models:\/(m-[0-9a-zA-Z]+)$/, (_, id) => `models:/${idOf(id)}`),
      ...(runId === undefined ? {} : { runId: runOf(runId) }),
      ...(modelId === undefined ? {} : { modelId: idOf(modelId) }),
      ...(description === undefined ? {} : { description }),
      tags: [
        ...tags.filter(({ key }) => key !== originTag),
        { key: originTag, value: `${name}/${version.version}` },
      ],
    });
    return made.version;
  }
}

const originOf = (version: ModelVersion): string =>
  tagOf(version, originTag) ?? `${version.name}/${version.version}`;

const metricText = ({ key, value, timestamp, step, runId }: LoggedModel["metrics"][number]): string =>
  JSON.stringify([key, String(value), timestamp, step, runId]);

async function hasRegistered(tracker: Tracker, name: string): Promise<boolean> {
  try {
    await tracker.getRegisteredModel(name);
    return true;
  } catch (error) {
    if (error instanceof TrackingError && error.code === "RESOURCE_DOES_NOT_EXIST") return false;
    throw error;
  }
}
