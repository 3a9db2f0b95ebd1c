/**
 * What `bench/rows/hash_input.ts` measures: the digest of one file, as a run asks for it. Prints what it took as JSON.
 *
 * `hash_file.ts CACHE FILE`
 */
import { openFileDigests } from "../src/cache/file_digests.ts";
import { getLook } from "../src/core/look.ts";

const [cache, path] = Deno.args as [string, string];

/** Bytes this process has read until now, from the disk or its cache. */
const readBytes = () => Number(/^rchar: (\d+)$/m.exec(Deno.readTextFileSync("/proc/self/io"))![1]);

let longestBlockMs = 0;
let last = performance.now();
const watch = setInterval(() => {
  const now = performance.now();
  longestBlockMs = Math.max(longestBlockMs, now - last);
  last = now;
}, 1);

const before = readBytes();
const started = performance.now();
const digests = openFileDigests({ cache });
const digest = await digests.digest(path, getLook(path));
await digests.close();
const ms = performance.now() - started;
// One more round of the loop shows what held it to the end.
await new Promise((resolve) => setTimeout(resolve, 5));
clearInterval(watch);
console.log(JSON.stringify({ digest, ms, longestBlockMs, readBytes: readBytes() - before }));
