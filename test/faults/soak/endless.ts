/**
 * One process that calls `pipeline.run()` again and again: in its project's folder, a request a line on its standard
 * input, and a line of what it holds after each.
 */
import { createInterface } from "node:readline";
import process from "node:process";
import { join } from "node:path";
import { pathToFileURL } from "../../../src/core/file_url.ts";
import type { Held, Request } from "./requests.ts";

const { soak, troubles } = await import(pathToFileURL(join(Deno.cwd(), "pipeline.ts")).href);

async function run({ number, entryPoint, afterMs }: Request): Promise<string> {
  const options = afterMs === undefined ? {} : { signal: AbortSignal.timeout(afterMs) };
  try {
    if (entryPoint === undefined) await soak.run({ number }, options);
    else await troubles.run(entryPoint, {}, options);
    return "finished";
  } catch (error) {
    if (error instanceof Error && "failure" in error) return (error.failure as { code: string }).code;
    throw error;
  }
}

function whatIsHeld(outcome: string, runs: number): Held {
  // With `--v8-flags=--expose-gc`: what is held then is held for good.
  (globalThis as { gc?: () => void }).gc?.();
  const descriptors = [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      return [Deno.readLinkSync(`/proc/self/fd/${name}`).replace(/\d+/g, "#")];
    } catch {
      // The one that reads the folder.
      return [];
    }
  });
  const { rss, heapUsed } = Deno.memoryUsage();
  return {
    ...{ outcome, runs, residentBytes: rss, heapBytes: heapUsed },
    descriptors: descriptors.sort(),
    threads: [...Deno.readDirSync("/proc/self/task")].length,
  };
}

let runs = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const outcome = await run(JSON.parse(line));
  runs++;
  console.log(JSON.stringify(whatIsHeld(outcome, runs)));
}
