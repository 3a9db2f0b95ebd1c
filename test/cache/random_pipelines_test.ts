import { checkRandomPipelines } from "./random_pipelines_check.ts";

Deno.test("a run with the cache makes what a run without it makes, whatever is edited and collected", () =>
  checkRandomPipelines(12));
