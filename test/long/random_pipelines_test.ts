import { checkRandomPipelines } from "../cache/random_pipelines_check.ts";

Deno.test("a run with the cache makes what a run without it makes, through many edits and collections", () =>
  checkRandomPipelines(60));
