/** What is left of a held step when the engine has ended it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { localEngine } from "../../src/engines/local_engine.ts";
import { workingFolder } from "../run/run_project.ts";
import { realTest } from "../real_part.ts";
import { openStepSandbox } from "./sandbox_step.ts";

/** Of which processes run with this word among their arguments. */
function countProcesses(word: string): number {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => {
    try {
      return /^\d+$/.test(name) && Deno.readTextFileSync(`/proc/${name}/cmdline`).includes(word);
    } catch {
      return false;
    }
  }).length;
}

const endings = [
  ["has started another that leaves its session", "setsid sleep $1 & exit 0", 5000, "exited"],
  [
    "ignores SIGTERM, and so does what it started",
    "trap '' TERM; setsid sleep $1 & sleep $1; sleep $1",
    300,
    "timed-out",
  ],
] as const;

for (const tier of ["bubblewrap", "landlock"] as const) {
  for (const [name, script, timeoutMs, expected] of endings) {
    const needs = tier === "bubblewrap" ? ["bubblewrap"] as const : [];
    realTest(needs, `${tier}: nothing is left of a step that ${name}`, async () => {
      await using folder = await workingFolder();
      const step = openStepSandbox(tier, { project: folder.path, cache: join(folder.path, "cache") });
      const length = `${100 + Math.random()}`;
      const argv = ["/bin/sh", "-c", script, "sh", length] as const;
      const { confined, policy } = await step.confine({ is: "command", argv }, {});
      const startedAt = Date.now();
      const exit = await localEngine.run({
        argv: confined.argv,
        files: confined.files,
        folder: policy.folder,
        variables: policy.variables,
        log: join(folder.path, "log"),
        timeoutMs,
        tellsSignals: confined.tellsSignals,
      }, { signal: new AbortController().signal, onLine: () => {} });
      assert.equal(exit.is, expected, await Deno.readTextFile(join(folder.path, "log")));
      assert.ok(Date.now() - startedAt < 6500);
      assert.equal(countProcesses(length), 0);
    });
  }
}
