/**
 * Experiments: a step has one, that of its run. Asked by whatever name it is the answer, so that a script's
 * `mlflow.set_experiment(…)` agrees with the run it is given; MLflow's client refuses to go on where they differ.
 */
import { z } from "zod";
import { WireInteger, type WireObject } from "../core/mlflow_scalars.ts";
import { writeExperiment } from "../core/mlflow_wire.ts";
import { type Desk, type Endpoint, endpoint } from "./endpoint.ts";

export const experimentEndpoints: readonly Endpoint[] = [
  endpoint("GET", "experiments/get", z.object({ experiment_id: z.string() }), async (given, desk) => {
    await desk.scope.requireExperiment(given.experiment_id);
    return { experiment: await viewOwn(desk) };
  }),
  endpoint(
    "GET",
    "experiments/get-by-name",
    z.object({ experiment_name: z.string() }),
    async (_, desk) => ({ experiment: await viewOwn(desk) }),
  ),
  endpoint(
    "POST",
    "experiments/create",
    z.object({ name: z.string() }),
    async (_, desk) => ({ experiment_id: (await desk.scope.experiment()).id }),
  ),
  endpoint(
    "POST",
    "experiments/search",
    z.object({ max_results: WireInteger.nullish() }),
    async (_, desk) => ({ experiments: [await viewOwn(desk)] }),
  ),
];

async function viewOwn({ scope }: Desk): Promise<WireObject> {
  const experiment = await scope.experiment();
  return writeExperiment({ ...experiment, artifactLocation: `mlflow-artifacts:/${experiment.id}` });
}
