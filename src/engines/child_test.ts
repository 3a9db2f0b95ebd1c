import assert from "node:assert/strict";
import type { Child, ChildSpec } from "./child.ts";
import { startByDeno } from "./deno_child.ts";
import { startChild } from "./start_child.ts";

const specOf = (script: string, change: Partial<ChildSpec> = {}): ChildSpec => ({
  program: "/bin/sh",
  args: ["-c", script],
  folder: "/",
  variables: { PATH: "/usr/bin:/bin" },
  ...change,
});

/** What it prints on each stream, and how it ends. */
async function outcomeOf(child: Child): Promise<{ stdout: string; stderr: string; end: string }> {
  const texts = { stdout: "", stderr: "" };
  const readings = (["stdout", "stderr"] as const).map((name) => {
    const decoder = new TextDecoder();
    return child.read(name, (piece) => void (texts[name] += decoder.decode(piece, { stream: true }))).ended;
  });
  const { code, signal } = await child.status;
  await Promise.all(readings);
  return { ...texts, end: signal ?? String(code) };
}

const pipeMaxSize = Deno.readTextFileSync("/proc/sys/fs/pipe-max-size");
const session = "cut -d' ' -f1,5,6 /proc/self/stat | sed 's/^[0-9]* //'; echo $$ $$";
const signals = "grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\n\\t'";

/** Less those two that the C library keeps to itself, which some versions leave ignored in what Deno starts. */
const withoutLibrarySignals = (text: string): string =>
  text.replace(/(?<=SigIgn:)\w{16}/, (digits) => {
    const own = BigInt(`0x${digits}`) & ~(0b11n << 31n);
    return own.toString(16).padStart(digits.length, "0");
  });

for (const [way, start] of [["startChild()", startChild], ["startByDeno()", startByDeno]] as const) {
  for (
    const [name, spec, expected] of [
      ["what is printed", specOf("echo a; echo b >&2"), { stdout: "a\n", stderr: "b\n" }],
      ["an exit code", specOf("exit 7"), { end: "7" }],
      ["a signal", specOf("kill -SEGV $$"), { end: "SIGSEGV" }],
      ["no input", specOf("cat; echo $?"), { stdout: "0\n" }],
      ["its input", specOf("cat", { stdin: "ä\n\0b" }), { stdout: "ä\n\0b" }],
      ["an input that no pipe holds", specOf("wc -c", { stdin: "x".repeat(3e6) }), { stdout: "3000000\n" }],
      ["an input that it does not read", specOf("exec true", { stdin: "x".repeat(3e6) }), { end: "0" }],
      ["its folder", specOf("pwd", { folder: "/usr/bin" }), { stdout: "/usr/bin\n" }],
      [
        "its variables alone",
        specOf("", { program: "/usr/bin/env", args: [], variables: { A: "ü b", B: "" } }),
        {
          stdout: "A=ü b\nB=\n",
        },
      ],
      ["no variable at all", specOf("", { program: "/usr/bin/env", args: [], variables: {} }), {
        stdout: "",
      }],
      [
        "arguments as they are",
        specOf('printf "%s|" "$@"', { args: ["-c", 'printf "%s|" "$@"', "", "a b", "", "*"] }),
        {
          stdout: "a b||*|",
        },
      ],
      [
        "files that it finds open",
        specOf("cat <&3; cat <&9; pwd", {
          files: [{ descriptor: 3, path: "/proc/sys/kernel/ostype" }, {
            descriptor: 9,
            path: "/proc/sys/fs/pipe-max-size",
          }],
          folder: "/usr",
        }),
        { stdout: `Linux\n${pipeMaxSize}/usr\n` },
      ],
      ["no signal held back or ignored", specOf(signals), {
        stdout: "SigBlk:0000000000000000SigIgn:0000000000000000",
      }],
      ["devices that can be opened", specOf("echo a > /dev/stdout; echo b > /dev/stderr"), {
        stdout: "a\n",
        stderr: "b\n",
      }],
    ] as [string, ChildSpec, Partial<Awaited<ReturnType<typeof outcomeOf>>>][]
  ) {
    Deno.test(`${way} gives a process ${name}, or tells of it`, async () => {
      const { stdout, ...outcome } = await outcomeOf(start(spec));
      const told = { stdout: start === startByDeno ? withoutLibrarySignals(stdout) : stdout, ...outcome };
      assert.deepEqual({ ...told, ...expected }, told);
    });
  }

  Deno.test(`${way} hands on no descriptor of ours`, async () => {
    // A shell may have left some open to the process that started us.
    const plain = await new Deno.Command("/bin/ls", { args: ["/proc/self/fd"] }).output();
    const { stdout } = await outcomeOf(start(specOf("exec ls /proc/self/fd")));
    assert.equal(stdout, new TextDecoder().decode(plain.stdout));
  });

  Deno.test(`${way} makes a process the leader of a session`, async () => {
    const { stdout } = await outcomeOf(start(specOf(session)));
    const [told, own] = stdout.trim().split("\n");
    assert.equal(told, own);
  });

  Deno.test(`${way} reads 50 MB, however slowly they are taken, with little memory`, async () => {
    const child = start(specOf("head -c 50000000 /dev/zero"));
    let [bytes, pieces] = [0, 0];
    const before = Deno.memoryUsage().rss;
    const reading = child.read("stdout", (piece) => {
      bytes += piece.length;
      if (pieces++ % 10 === 0) return new Promise((resolve) => setTimeout(resolve, 1));
    });
    const errors = child.read("stderr", () => {});
    await Promise.all([reading.ended, errors.ended, child.status]);
    assert.equal(bytes, 50_000_000);
    assert.ok(Deno.memoryUsage().rss - before < 60e6);
  });

  Deno.test(`${way} lets timers fire while a process prints without end`, async () => {
    const child = start(specOf("exec yes"));
    const readings = (["stdout", "stderr"] as const).map((name) => child.read(name, () => {}).ended);
    const startedAt = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(performance.now() - startedAt < 1000);
    Deno.kill(child.pid, "SIGKILL");
    assert.equal((await child.status).signal, "SIGKILL");
    await Promise.all(readings);
  });

  Deno.test(`${way} reads no more once that is refused or stopped, and the process learns of it`, async () => {
    const child = start(specOf("yes; yes >&2"));
    const refused = child.read("stdout", () => {
      throw new Error("refused");
    });
    const stopped = child.read("stderr", () => {});
    const failure = assert.rejects(refused.ended, /refused/);
    await new Promise((resolve) => setTimeout(resolve, 50));
    stopped.stop();
    await Promise.all([failure, stopped.ended]);
    assert.equal((await child.status).code, 128 + 13);
  });

  Deno.test(`${way} says why a process cannot be started, and leaves nothing open`, async () => {
    await outcomeOf(start(specOf("true")));
    const folder = await Deno.makeTempDir();
    const script = `${folder}/script`;
    await Deno.writeTextFile(script, "#!/no/such/interpreter\n", { mode: 0o755 });
    const before = descriptors();
    for (
      const [change, why] of [
        [{ program: script }, /No such file/],
        [{ folder: "/no/such/folder" }, /No such|no such|cwd/],
        [{ program: "/etc/passwd" }, /denied/],
        [{ variables: { A: "b\0c" } }, /zero|nul/i],
        [{ args: ["x".repeat(200_000)] }, /long/],
      ] as const
    ) {
      assert.throws(() => start(specOf("true", change)), why);
    }
    assert.equal(descriptors(), before);
    await Deno.remove(folder, { recursive: true });
  });
}

const descriptors = (): number => [...Deno.readDirSync("/proc/self/fd")].length;
