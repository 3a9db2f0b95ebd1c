/** Prepares one environment in a process of its own: see `startProcess` of `environments_fixture.ts`. */
import { openEnvironments } from "../../src/environments/environments.ts";
import type { ProcessLine, ProcessTask } from "./environments_fixture.ts";

const { project, cache, variables, spec }: ProcessTask = JSON.parse(Deno.args[0]!);
const print = (line: ProcessLine) => console.log(JSON.stringify(line));
const ready = await openEnvironments({ project, cache, variables }).prepare(spec, {
  onProgress: (progress) => print({ progress }),
  signal: new AbortController().signal,
});
print({ ready });
await new Response(Deno.stdin.readable).text();
