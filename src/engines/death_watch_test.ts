import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { localEngine } from "./local_engine.ts";
import { childrenOf } from "./process_tree.ts";
import { processIds, readProcess, signalProcess } from "../core/processes.ts";

const engine = new URL("./local_engine.ts", import.meta.url).href;
const config = fileURLToPath(new URL("../../deno.json", import.meta.url));

/** Runs a shell script as a step's process until it is killed. */
const program = (folder: string, script: string) =>
  `import { localEngine } from ${JSON.stringify(engine)};
await localEngine.run({
  argv: ["sh", "-c", ${JSON.stringify(script)}],
  folder: ${JSON.stringify(folder)},
  variables: { PATH: Deno.env.get("PATH") },
  log: ${JSON.stringify(`${folder}/log`)},
  tellsSignals: false,
}, { signal: new AbortController().signal, onLine: () => {} });`;

const start = async (folder: string, script: string) => {
  await Deno.writeTextFile(`${folder}/run.ts`, program(folder, script));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--config", config, `${folder}/run.ts`],
  }).spawn();
};

const withArgument = (text: string): number[] =>
  processIds().filter((pid) => readProcess(pid, "cmdline").includes(text));

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !isSo(); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

Deno.test("what a step started ends when the program is killed, in another session and without its environment as well", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  // A time of its own, so that it can be told from every other.
  const asleep = `30${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const script = `setsid sleep ${asleep} & env -i "$(command -v sleep)" ${asleep} & exec sleep ${asleep}`;
  const running = await start(folder, script);
  await until(() => withArgument(asleep).length >= 3);
  assert.equal(withArgument(asleep).length, 3);
  signalProcess(running.pid, "SIGKILL");
  await running.status;
  await until(() => withArgument(asleep).length === 0);
  assert.deepEqual(withArgument(asleep), []);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("one shell watches over all steps of a run, and is gone at the run's end", async () => {
  const folder = await Deno.makeTempDir();
  const spec = {
    argv: ["sh", "-c", "true"] as const,
    folder,
    variables: { PATH: "/usr/bin:/bin" },
    log: `${folder}/log`,
    tellsSignals: false,
  };
  const before = childrenOf(Deno.pid);
  for (let step = 0; step < 3; step++) {
    await localEngine.run(spec, { signal: new AbortController().signal, onLine: () => {} });
  }
  assert.equal(childrenOf(Deno.pid).length, before.length + 1);
  localEngine.close();
  assert.deepEqual(childrenOf(Deno.pid), before);
  await Deno.remove(folder, { recursive: true });
});
