/** The model registry: a step registers versions of its own models, and sees no others. */
import { z } from "zod";
import { writeModelVersion, writeRegisteredModel } from "../core/mlflow_models_wire.ts";
import { listOf, optional, present, type WireObject, WireTag } from "../core/mlflow_scalars.ts";
import type { ModelVersion, RegisteredModel } from "../core/tracking.ts";
import { downloadUri, sourceModel, storeSource, viewVersion } from "./client_view.ts";
import { type Desk, type Endpoint, endpoint } from "./endpoint.ts";

const Named = z.object({ name: z.string() });
const AboutVersion = Named.extend({ version: z.string() });

export const registryEndpoints: readonly Endpoint[] = [
  endpoint(
    "POST",
    "registered-models/create",
    Named.extend({ description: optional(z.string()), tags: listOf(WireTag) }),
    async (given, desk) => {
      const options = { ...present({ description: given.description }), tags: given.tags };
      return await shownModel(await desk.tracker.createRegisteredModel(given.name, options), desk);
    },
  ),
  endpoint(
    "GET",
    "registered-models/get",
    Named,
    async (given, desk) => await shownModel(await desk.tracker.getRegisteredModel(given.name), desk),
  ),
  endpoint(
    "GET",
    "registered-models/alias",
    Named.extend({ alias: z.string() }),
    async (given, desk) =>
      await shownVersion(await desk.tracker.getModelVersionByAlias(given.name, given.alias), desk),
  ),
  endpoint(
    "POST",
    "registered-models/alias",
    AboutVersion.extend({ alias: z.string() }),
    async (given, desk) => {
      await desk.scope.requireVersion(await desk.tracker.getModelVersion(given.name, given.version));
      await desk.tracker.setModelAlias(given.name, given.alias, given.version);
      return {};
    },
  ),
  endpoint(
    "POST",
    "model-versions/create",
    Named.extend({
      source: z.string(),
      run_id: optional(z.string()),
      model_id: optional(z.string()),
      description: optional(z.string()),
      tags: listOf(WireTag),
    }),
    async (given, desk) => {
      const runId = given.run_id === "" ? undefined : given.run_id;
      if (runId !== undefined) desk.scope.requireRun(runId);
      if (given.model_id !== undefined) await desk.scope.requireModel(given.model_id);
      const version = await desk.tracker.createModelVersion({
        name: given.name,
        source: await storeSource(given.source, desk.tracker, desk.scope),
        runId: runId ?? await sourceRun(given.source, desk),
        ...present({ modelId: given.model_id ?? sourceModel(given.source), description: given.description }),
        tags: given.tags,
      });
      desk.scope.addVersion(version);
      return await shownVersion(version, desk);
    },
  ),
  endpoint(
    "GET",
    "model-versions/get",
    AboutVersion,
    async (given, desk) =>
      await shownVersion(await desk.tracker.getModelVersion(given.name, given.version), desk),
  ),
  endpoint("POST", "registered-models/get-latest-versions", Named, latestVersions),
  endpoint("GET", "registered-models/get-latest-versions", Named, latestVersions),
  endpoint("GET", "model-versions/get-download-uri", AboutVersion, async (given, desk) => {
    const version = await desk.tracker.getModelVersion(given.name, given.version);
    await desk.scope.requireVersion(version);
    return { artifact_uri: await downloadUri(version, desk.tracker) };
  }),
];

/** The run that a version comes from where its client does not say. */
async function sourceRun(source: string, { tracker, scope }: Desk): Promise<string> {
  const model = sourceModel(source);
  return (model === undefined ? undefined : (await tracker.getLoggedModel(model)).sourceRunId) ?? scope.runId;
}

async function shownVersion(version: ModelVersion, { tracker, scope }: Desk): Promise<WireObject> {
  await scope.requireVersion(version);
  return { model_version: writeModelVersion(await viewVersion(version, tracker)) };
}

/** Versions and aliases of other runs are left out. */
async function shownModel(model: RegisteredModel, { tracker, scope }: Desk): Promise<WireObject> {
  const aliases: RegisteredModel["aliases"][number][] = [];
  for (const alias of model.aliases) {
    if (await scope.ownsVersion(await tracker.getModelVersion(model.name, alias.version))) {
      aliases.push(alias);
    }
  }
  const latestVersions = await ownVersions(model, { tracker, scope });
  return { registered_model: writeRegisteredModel({ ...model, latestVersions, aliases }) };
}

async function latestVersions({ name }: { name: string }, desk: Desk): Promise<WireObject> {
  const versions = await ownVersions(await desk.tracker.getRegisteredModel(name), desk);
  return { model_versions: versions.map(writeModelVersion) };
}

async function ownVersions(
  { latestVersions }: RegisteredModel,
  { tracker, scope }: Pick<Desk, "tracker" | "scope">,
): Promise<readonly ModelVersion[]> {
  const versions: ModelVersion[] = [];
  for (const version of latestVersions) {
    if (await scope.ownsVersion(version)) versions.push(await viewVersion(version, tracker));
  }
  return versions;
}
