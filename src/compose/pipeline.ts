/** The function `pipeline` of the public API: its pipelines run through `start_run.ts`, loaded when one is run. */
import { pipelineWith } from "../dsl/pipeline.ts";

export const pipeline: ReturnType<typeof pipelineWith> = pipelineWith(
  async (definition, request, options) => {
    const { startRun } = await import("./start_run.ts");
    return await startRun(definition, request, options);
  },
);
