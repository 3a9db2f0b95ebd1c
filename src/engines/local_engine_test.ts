import assert from "node:assert/strict";
import { join } from "node:path";
import type { ProcessExit, ProcessSpec } from "../core/ports/engine.ts";
import { localEngine } from "./local_engine.ts";

async function run(
  argv: [string, ...string[]],
  change: Partial<ProcessSpec> = {},
  signal = new AbortController().signal,
): Promise<{ exit: ProcessExit; lines: string[]; log: string }> {
  const folder = await Deno.makeTempDir();
  const lines: string[] = [];
  const log = join(folder, "log");
  const variables = { PATH: "/usr/bin:/bin" };
  const exit = await localEngine.run({ argv, folder, variables, log, tellsSignals: false, ...change }, {
    signal,
    onLine: (stream, line) => lines.push(`${stream}: ${line}`),
  });
  const text = await Deno.readTextFile(log).catch(() => "");
  await Deno.remove(folder, { recursive: true });
  return { exit, lines, log: text };
}

for (
  const [name, argv, exit] of [
    ["ends well", ["true"], { is: "exited", code: 0 }],
    ["fails", ["sh", "-c", "exit 3"], { is: "exited", code: 3 }],
    ["is killed", ["sh", "-c", "kill -9 $$"], { is: "signalled", signal: "SIGKILL" }],
    ["does not exist", ["no-such-program"], {
      is: "not-started",
      reason: "no program `no-such-program` on its PATH",
    }],
  ] as [string, [string, ...string[]], ProcessExit][]
) {
  Deno.test(`localEngine tells of a process that ${name}`, async () =>
    assert.deepEqual((await run(argv)).exit, exit));
}

Deno.test("localEngine gives every line and keeps the whole output", async () => {
  const { lines, log } = await run(["sh", "-c", "echo one; printf 'two\\r\\nthree'"]);
  assert.deepEqual(lines, ["stdout: one", "stdout: two", "stdout: three"]);
  assert.equal(log, "one\ntwo\r\nthree");
});

Deno.test("localEngine takes bytes that are not UTF-8 and a line without end", async () => {
  const { lines, log } = await run(["sh", "-c", "printf '\\377\\n'; head -c 200000 /dev/zero | tr '\\0' x"]);
  assert.equal(lines[0], "stdout: \uFFFD");
  assert.equal(lines.slice(1).map((line) => line.slice("stdout: ".length)).join("").length, 200000);
  assert.equal(log.length, 200002);
});

Deno.test("localEngine hands on no variable that was not given, and no input", async () => {
  const { log } = await run(["sh", "-c", "env | grep -v -e ^PWD -e ^_= -e ^SHLVL; cat"]);
  assert.equal(log, "PATH=/usr/bin:/bin\n");
});

Deno.test("localEngine gives the process its input", async () => {
  assert.equal((await run(["cat"], { stdin: "a\nb" })).log, "a\nb");
});

Deno.test("localEngine stops a process at its time limit, with its children", async () => {
  const marker = `3${Date.now() % 1_000_000}`;
  const { exit } = await run(["sh", "-c", `sleep ${marker} & sleep ${marker}`], { timeoutMs: 100 });
  assert.deepEqual(exit, { is: "timed-out" });
  assert.equal(await countProcesses(marker), 0);
});

Deno.test("localEngine leaves no grandchild behind when the process itself ends", async () => {
  const marker = `4${Date.now() % 1_000_000}`;
  const { exit } = await run(["sh", "-c", `sleep ${marker} & exit 0`]);
  assert.deepEqual(exit, { is: "exited", code: 0 });
  assert.equal(await countProcesses(marker), 0);
});

Deno.test("localEngine ends a process when it is aborted, and starts none after that", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  assert.deepEqual((await run(["sleep", "60"], {}, controller.signal)).exit, { is: "cancelled" });
  assert.deepEqual((await run(["sleep", "60"], {}, controller.signal)).exit, { is: "cancelled" });
});

async function countProcesses(marker: string): Promise<number> {
  let count = 0;
  for await (const { name } of Deno.readDir("/proc")) {
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (line.includes(`sleep\0${marker}`)) count++;
  }
  return count;
}

const tmpdir = `/tmp/sluice-engine-${crypto.randomUUID()}`;
for (
  const [name, command] of [
    ["has a session of its own", "setsid sleep 60 & sleep 0.2"],
    ["has closed its output", "setsid sleep 60 >/dev/null 2>&1 </dev/null & sleep 0.2"],
    ["was forked twice", "(setsid sh -c 'setsid sleep 60 & setsid sleep 60 &' &) ; sleep 0.3"],
    ["outlives a parent that starts it and ends", "setsid setsid sleep 60"],
  ] as const
) {
  Deno.test(`localEngine kills a daemon that ${name}`, async () => {
    const startedAt = Date.now();
    const { exit } = await run(["sh", "-c", command], {
      variables: { PATH: "/usr/bin:/bin", TMPDIR: tmpdir },
    });
    assert.deepEqual(exit, { is: "exited", code: 0 });
    assert.ok(Date.now() - startedAt < 10_000);
    for (const { name } of Deno.readDirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const variables = await Deno.readTextFile(`/proc/${name}/environ`).catch(() => "");
      assert.ok(!variables.includes(tmpdir), `process ${name} is left`);
    }
  });
}

Deno.test("localEngine refuses a log that cannot be written, and ends the process", async () => {
  const startedAt = Date.now();
  await assert.rejects(run(["sh", "-c", "yes"], { log: "/dev/full" }), /TRACKER_WRITE_FAILED/);
  assert.ok(Date.now() - startedAt < 8000);
});

Deno.test("localEngine takes a time limit of a year", async () => {
  const { exit } = await run(["sleep", "0.1"], { timeoutMs: 365 * 24 * 3_600_000 });
  assert.deepEqual(exit, { is: "exited", code: 0 });
});
