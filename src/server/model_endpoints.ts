/** Logged models: what `log_model` makes. */
import { z } from "zod";
import { WireLoggedModelStatus, writeLoggedModel } from "../core/mlflow_models_wire.ts";
import {
  listOf,
  optional,
  present,
  type WireObject,
  WireParameter,
  WireTag,
} from "../core/mlflow_scalars.ts";
import type { LoggedModel } from "../core/tracking.ts";
import { viewLoggedModel } from "./client_view.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";

const AboutModel = z.object({ model_id: z.string() });
const nothing: WireObject = {};

export const modelEndpoints: readonly Endpoint[] = [
  endpoint(
    "POST",
    "logged-models",
    z.object({
      experiment_id: optional(z.string()),
      name: optional(z.string()),
      model_type: optional(z.string()),
      source_run_id: optional(z.string()),
      params: listOf(WireParameter),
      tags: listOf(WireTag),
    }),
    async (given, desk) => {
      const sourceRunId = given.source_run_id ?? desk.scope.runId;
      desk.scope.requireRun(sourceRunId);
      const model = await desk.tracker.createLoggedModel({
        experimentId: (await desk.scope.experiment()).id,
        ...present({ name: given.name, modelType: given.model_type }),
        sourceRunId,
        tags: given.tags,
        parameters: given.params,
      });
      desk.scope.addModel(model.id);
      return shown(model);
    },
  ),
  endpoint("GET", "logged-models/{model_id}", AboutModel, async (given, desk) => {
    await desk.scope.requireReadableModel(given.model_id);
    return shown(await desk.tracker.getLoggedModel(given.model_id));
  }),
  endpoint(
    "PATCH",
    "logged-models/{model_id}",
    AboutModel.extend({ status: WireLoggedModelStatus }),
    async (given, desk) => {
      await desk.scope.requireModel(given.model_id);
      return shown(await desk.tracker.finalizeLoggedModel(given.model_id, given.status));
    },
  ),
  endpoint(
    "PATCH",
    "logged-models/{model_id}/tags",
    AboutModel.extend({ tags: listOf(WireTag) }),
    async (given, desk) => {
      await desk.scope.requireModel(given.model_id);
      await desk.tracker.setLoggedModelTags(given.model_id, given.tags);
      return nothing;
    },
  ),
  endpoint(
    "DELETE",
    "logged-models/{model_id}/tags/{tag_key}",
    AboutModel.extend({ tag_key: z.string() }),
    async (given, desk) => {
      await desk.scope.requireModel(given.model_id);
      await desk.tracker.deleteLoggedModelTag(given.model_id, given.tag_key);
      return nothing;
    },
  ),
  endpoint(
    "POST",
    "logged-models/{model_id}/params",
    AboutModel.extend({ params: listOf(WireParameter) }),
    async (given, desk) => {
      await desk.scope.requireModel(given.model_id);
      await desk.tracker.logLoggedModelParameters(given.model_id, given.params);
      return nothing;
    },
  ),
];

const shown = (model: LoggedModel): WireObject => ({ model: writeLoggedModel(viewLoggedModel(model)) });
