/** Makes the environment of the iris pipeline ready in the project named by the argument; prints what it took. */
import { openProjectEnvironments } from "../src/compose/open_project_environments.ts";
import { definitionOf } from "../src/dsl/pipeline.ts";
import iris from "../pipelines/iris/pipeline.ts";

const spec = definitionOf(iris).steps[0]!.definition.environment;
const started = performance.now();
const environments = await openProjectEnvironments(Deno.args[0]!);
await environments.observe(spec);
const { isNew } = await environments.prepare(spec, {
  onProgress: () => {},
  signal: new AbortController().signal,
});
console.log(JSON.stringify({ tookMs: performance.now() - started, isNew }));
Deno.exit(0);
