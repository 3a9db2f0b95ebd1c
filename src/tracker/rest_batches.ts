/** A batch in the parts that MLflow takes at once. */
import type { WireObject } from "../core/mlflow_scalars.ts";
import { writeMetric } from "../core/mlflow_wire.ts";
import type { RunBatch } from "../core/tracking.ts";

/** MLflow's limits: 1000 things in a request, of which 100 parameters and 100 tags. */
const most = { all: 1000, parameters: 100, tags: 100 };

/** The bodies of `runs/log-batch`, parameters and tags first; none for an empty batch. */
export function splitBatch(runId: string, batch: RunBatch): readonly WireObject[] {
  const parameters = [...batch.parameters ?? []];
  const tags = [...batch.tags ?? []];
  const metrics = [...batch.metrics ?? []];
  const bodies: WireObject[] = [];
  while (parameters.length + tags.length + metrics.length > 0) {
    const params = parameters.splice(0, most.parameters);
    const someTags = tags.splice(0, most.tags);
    const points = metrics.splice(0, most.all - params.length - someTags.length);
    bodies.push({ run_id: runId, params, tags: someTags, metrics: points.map(writeMetric) });
  }
  return bodies;
}
