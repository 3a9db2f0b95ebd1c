import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProcessExit, ProcessSpec } from "../core/ports/engine.ts";
import { localEngine } from "./local_engine.ts";
import { childrenOf } from "./process_tree.ts";

/** What a step's daemons can be found by: a time to sleep that nobody else has. */
let count = 0;
const newMark = () => `${100_000 + Deno.pid}.${++count}`;

// What the engine keeps open from its first step on is no trace of a step.
await run("true");

for (
  const [name, command] of [
    ["has a session of its own and no environment", "setsid env -i sleep MARK & sleep 0.2"],
    ["was forked twice", "(setsid env -i sh -c 'sleep MARK & sleep MARK &' &); sleep 0.3"],
    [
      "ignores all that can be ignored",
      "setsid env -i sh -c 'trap \"\" TERM INT HUP; sleep MARK; sleep MARK' & sleep 0.2",
    ],
    ["changed its mark", "prlimit --locks=unlimited setsid env -i sleep MARK & sleep 0.2"],
    [
      "changed its mark and forked",
      "prlimit --locks=7 setsid env -i sh -c '(sleep MARK & sleep MARK &)' & sleep 0.2",
    ],
    [
      "starts one more each time it is looked at",
      "setsid sh -c 'for i in 1 2 3 4 5 6 7 8 9; do (setsid sleep MARK &); done' & sleep 0.1",
    ],
  ] as const
) {
  Deno.test(`localEngine ends a daemon that ${name}, and waits for it`, async () => {
    const [mark, before] = [newMark(), traces()];
    const startedAt = Date.now();
    const exit = await run(command.replaceAll("MARK", mark));
    assert.deepEqual(exit, { is: "exited", code: 0 });
    assert.ok(Date.now() - startedAt < 5000);
    assert.deepEqual(sleepers(mark), []);
    assert.deepEqual(traces(), before);
  });
}

Deno.test("localEngine ends the daemons of the step that ended, and of no other", async () => {
  const [first, second, own] = [newMark(), newMark(), newMark()];
  const before = traces();
  const bystander = new Deno.Command("sleep", { args: [own] }).spawn();
  const slow = run(`setsid env -i sleep ${second} & sleep 1.5`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const late = new Deno.Command("sh", { args: ["-c", `sleep ${own} & sleep ${own} & wait`] }).spawn();
  await run(`setsid env -i sleep ${first} & sleep 0.3`);
  assert.deepEqual([sleepers(first).length, sleepers(second).length, sleepers(own).length], [0, 1, 3]);
  await slow;
  assert.deepEqual([sleepers(second).length, sleepers(own).length], [0, 3]);
  bystander.kill();
  late.kill();
  await Promise.all([bystander.status, late.status]);
  for (const pid of sleepers(own)) Deno.kill(pid, "SIGKILL");
  assert.deepEqual(traces(), before);
});

Deno.test("localEngine leaves no process, descriptor or zombie of fifty steps", async () => {
  const [mark, before] = [newMark(), traces()];
  for (let round = 0; round < 5; round++) {
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => run(`setsid env -i sleep ${mark} & exit ${index}`)),
    );
  }
  assert.deepEqual(sleepers(mark), []);
  assert.deepEqual(traces(), before);
});

Deno.test("localEngine takes note of daemons that end while their step goes on", async () => {
  let most = 0;
  const before = traces();
  const watch = setInterval(() => most = Math.max(most, childrenOf(Deno.pid).length), 20);
  await run(
    "for i in 1 2 3 4 5 6 7 8 9; do (setsid env -i true &); done; sleep 1.5",
  );
  clearInterval(watch);
  assert.ok(most > 3, `${most} children`);
  assert.deepEqual(traces(), before);
});

Deno.test("localEngine stops a step that ignores SIGTERM within 5 s, with what it left behind", async () => {
  const mark = newMark();
  const startedAt = Date.now();
  const command =
    `trap "" TERM; setsid env -i sh -c 'trap "" TERM; sleep ${mark}' & sleep ${mark}; sleep ${mark}`;
  assert.deepEqual(await run(command, { timeoutMs: 200 }), { is: "timed-out" });
  assert.ok(Date.now() - startedAt < 5200);
  assert.deepEqual(sleepers(mark), []);
});

async function run(command: string, change: Partial<ProcessSpec> = {}): Promise<ProcessExit> {
  const folder = await Deno.makeTempDir();
  const exit = await localEngine.run({
    argv: ["sh", "-c", command],
    folder,
    variables: { PATH: "/usr/bin:/bin" },
    log: join(folder, "log"),
    tellsSignals: false,
    ...change,
  }, { signal: new AbortController().signal, onLine: () => {} });
  await Deno.remove(folder, { recursive: true });
  return exit;
}

/** What a run could leave of itself. */
const traces = () => ({
  children: childrenOf(Deno.pid),
  descriptors: [...Deno.readDirSync("/proc/self/fd")].length,
});

function sleepers(mark: string): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    try {
      return Number.isInteger(pid) &&
        Deno.readTextFileSync(`/proc/${pid}/cmdline`).endsWith(`sleep\0${mark}\0`);
    } catch {
      return false;
    }
  });
}

Deno.test("localEngine ends the daemons of a step when the program itself ends in the middle of it", async () => {
  const mark = newMark();
  const program = `
import { localEngine } from "${import.meta.resolve("./local_engine.ts")}";
const command = "setsid env -i sleep ${mark} & (setsid env -i sleep ${mark} &); sleep ${mark}";
localEngine.run(
  { argv: ["sh", "-c", command], folder: "/", variables: { PATH: "/usr/bin:/bin" }, log: "/dev/null", tellsSignals: false },
  { signal: new AbortController().signal, onLine() {} },
);
setTimeout(() => Deno.exit(4), 500);`;
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--config", fileURLToPath(import.meta.resolve("../../deno.json"))],
      `data:text/javascript,${encodeURIComponent(program)}`,
    ],
  }).output();
  assert.equal(code, 4);
  // On a busy machine a killed process takes a moment to be gone.
  for (let tries = 0; tries < 100 && sleepers(mark).length > 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.deepEqual(sleepers(mark), []);
});
