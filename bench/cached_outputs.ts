/**
 * What `bench/rows/cache_restore.ts` measures: the outputs of a run kept, and restored in a process that knows nothing
 * of them. Prints what finding and restoring took as JSON.
 *
 * `cached_outputs.ts keep|restore CACHE ARTIFACTS`
 */
import { join } from "node:path";
import { openCache } from "../src/cache/cache.ts";
import { digestBytes } from "../src/core/digest.ts";
import { digestTree } from "../src/core/file_tree.ts";
import { resultVersion } from "../src/core/step_result.ts";

const [work, folder, artifacts] = Deno.args as ["keep" | "restore", string, string];
const key = digestBytes("a step");
// A run has its tracker open when it restores.
process.getBuiltinModule("node:sqlite");
const started = performance.now();
const cache = openCache({ cache: folder, clock: Date.now });

if (work === "keep") {
  const outputs = { out: { file: "out", ...await digestTree(join(artifacts, "out")) } };
  const madeBy = { tracker: "", runId: "", artifactUri: "", startedAt: 0, endedAt: Date.now() };
  const logged = { metrics: [], parameters: [], tags: [], models: [] };
  await cache.keep(
    { version: resultVersion, key, sandbox: "bubblewrap", outputs, ...logged, madeBy },
    artifacts,
  );
} else {
  const result = await cache.find(key);
  if (result === undefined || !await cache.restore(result, artifacts)) throw new Error("nothing is kept");
}
console.log(JSON.stringify({ ms: performance.now() - started }));
