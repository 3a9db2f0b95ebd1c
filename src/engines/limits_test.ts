import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProcessExit, ProcessSpec } from "../core/ports/engine.ts";
import { realTest } from "../../test/real_part.ts";
import { localEngine } from "./local_engine.ts";

const burn = "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done";

for (
  const [name, command, limits, end] of [
    ["that takes too much memory", "(head -c 300M /dev/zero; sleep 9) | tail >/dev/null", {
      memoryBytes: 2e8,
    }, "over-memory"],
    [
      "whose processes take too much memory together",
      "for i in 1 2 3 4; do (head -c 80M /dev/zero; sleep 9) | tail >/dev/null & done; wait",
      { memoryBytes: 2e8 },
      "over-memory",
    ],
    [
      "whose daemon takes too much memory",
      "setsid sh -c '(head -c 300M /dev/zero; sleep 9) | tail >/dev/null' & sleep 9",
      { memoryBytes: 2e8 },
      "over-memory",
    ],
    ["that takes too much CPU time", "while :; do :; done", { cpuTimeMs: 300 }, "over-cpu-time"],
    [
      "whose ended processes took it",
      `while :; do sh -c '${burn}'; done`,
      { cpuTimeMs: 500 },
      "over-cpu-time",
    ],
    [
      "whose daemons took it",
      `while :; do (setsid sh -c '${burn}' &); sleep 0.05; done`,
      { cpuTimeMs: 1000 },
      "over-cpu-time",
    ],
    ["that keeps to both", `${burn}; sleep 0.3`, { memoryBytes: 5e7, cpuTimeMs: 10_000 }, "exited"],
  ] as const
) {
  Deno.test(`localEngine holds a step ${name}`, async () => {
    const startedAt = Date.now();
    const exit = await run(["sh", "-c", command], limits);
    assert.equal(exit.is, end);
    if (exit.is === "over-memory") {
      assert.ok(exit.usedBytes > 2e8 && exit.usedBytes < 4e8, `${exit.usedBytes}`);
    }
    assert.ok(Date.now() - startedAt < 5000);
  });
}

realTest(
  ["python"],
  "localEngine counts memory that forked processes share once, and no mapped file",
  async () => {
    const program = `
import mmap, os, time
held = bytearray(os.urandom(1)) * 60_000_000
for _ in range(5):
    if os.fork() == 0:
        time.sleep(0.6)
        os._exit(0)
with open("large", "w+b") as file:
    file.truncate(300_000_000)
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        sum(mapped[at] for at in range(0, len(mapped), 4096))
        time.sleep(0.4)
`;
    const exit = await run(["python3", "-c", program], { memoryBytes: 1.5e8 });
    assert.deepEqual(exit, { is: "exited", code: 0 });
  },
);

for (
  const [code, tellsSignals, exit] of [
    [137, true, { is: "signalled", signal: "SIGKILL" }],
    [143, true, { is: "signalled", signal: "SIGTERM" }],
    [137, false, { is: "exited", code: 137 }],
    [128, true, { is: "exited", code: 128 }],
    [255, true, { is: "exited", code: 255 }],
  ] as const
) {
  Deno.test(`localEngine takes exit code ${code} for ${exit.is} where codes ${tellsSignals ? "" : "do not "}tell of signals`, async () => {
    assert.deepEqual(await run(["sh", "-c", `exit ${code}`], { tellsSignals }), exit);
  });
}

realTest(
  ["bubblewrap"],
  "localEngine asks the program inside a sandbox to end, and not the sandbox",
  async () => {
    const folder = await Deno.makeTempDir();
    const command = `trap 'echo asked > ${folder}/asked; exit 0' TERM; while :; do sleep 0.1; done`;
    const bwrap = ["--unshare-all", "--die-with-parent", "--dev-bind", "/", "/", "--proc", "/proc"];
    const argv = ["bwrap", ...bwrap, "sh", "-c", command] as const;
    for (const timeoutMs of [2, 300]) {
      const startedAt = Date.now();
      assert.deepEqual(await run(argv, { timeoutMs, tellsSignals: true }), { is: "timed-out" });
      assert.ok(Date.now() - startedAt < 2000);
    }
    assert.equal(await Deno.readTextFile(join(folder, "asked")), "asked\n");
    await Deno.remove(folder, { recursive: true });
  },
);

Deno.test("localEngine does without what needs FFI where it is not permitted", async () => {
  const program = `
import { localEngine } from "${import.meta.resolve("./local_engine.ts")}";
const exit = await localEngine.run(
  { argv: ["sh", "-c", "exit 3"], folder: "/", variables: { PATH: "/usr/bin:/bin" }, log: "/dev/null", tellsSignals: false },
  { signal: new AbortController().signal, onLine() {} },
);
console.log(JSON.stringify(exit));`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...[
        "run",
        "--no-prompt",
        "--config",
        fileURLToPath(import.meta.resolve("../../deno.json")),
        "--allow-all",
        "--deny-ffi",
        "--no-check",
      ],
      `data:text/javascript,${encodeURIComponent(program)}`,
    ],
  }).output();
  assert.equal(
    new TextDecoder().decode(stdout),
    '{"is":"exited","code":3}\n',
    new TextDecoder().decode(stderr),
  );
});

async function run(argv: readonly [string, ...string[]], change: Partial<ProcessSpec>): Promise<ProcessExit> {
  const folder = await Deno.makeTempDir();
  const exit = await localEngine.run({
    argv,
    folder,
    variables: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin" },
    log: join(folder, "log"),
    tellsSignals: false,
    ...change,
  }, { signal: new AbortController().signal, onLine: () => {} });
  await Deno.remove(folder, { recursive: true });
  return exit;
}
