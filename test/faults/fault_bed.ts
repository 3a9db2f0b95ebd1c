/**
 * A project that has been run before, in a state that is restored for every case, and runs of it in which one system
 * call fails.
 *
 * The program stops itself when Deno has started and its modules are there; only then strace takes hold of it. So calls
 * are counted from our own first one, by thread, and what Deno does to start is not made to fail. Children are let go of
 * when they execute a program (`-b execve`): what steps do is none of it.
 */
import { join } from "node:path";
import { finish, type Finished, startDeno } from "../run/run_project.ts";
import { type Fault, readTrace, type TracedCall } from "./fault_calls.ts";

const project = join(import.meta.dirname!, "project");

/** What is long is a hang. */
const longestMs = 20_000;

export interface Bed {
  /** The project; its cache and its temporary folder lie beside it. */
  readonly folder: string;
  readonly cache: string;
  readonly temporary: string;
  /** Where the state lies that is restored, in folders of the same names. */
  readonly kept: string;
  /** Puts everything back to what it was. */
  restore(): Promise<void>;
  /** An ordinary run. */
  run(): Promise<Finished>;
  /** A run; `meddle` is called when Deno has started and none of our own code has run. */
  runMeddled(meddle: (pid: number) => Promise<void>): Promise<Ended>;
  /** All system calls of an ordinary run. */
  trace(): Promise<readonly TracedCall[]>;
  /** A run in which a call fails. */
  runWith(fault: Fault): Promise<Faulted>;
}

export interface Ended extends Finished {
  /** It took so long that it was killed. */
  readonly isHanging: boolean;
}

export interface Faulted extends Ended {
  /** The calls that were made to fail: none where no thread came so far. */
  readonly injected: readonly TracedCall[];
}

/** `isFirst`: nothing has been run yet. Else one step of three is kept as it is, and two run again. */
export async function makeBed(root: string, isFirst: boolean): Promise<Bed> {
  const [now, kept] = [join(root, "now"), join(root, "kept")];
  const [folder, cache, temporary] = ["project", "cache", "temporary"].map((name) => join(now, name));
  for (const each of [cache, temporary]) await Deno.mkdir(each!, { recursive: true });
  await copy(project, folder!);
  await Deno.copyFile(join(project, "../../golden/sluice.lock"), join(folder!, "sluice.lock"));
  const variables = bedVariables(cache!, temporary!);
  const run = () => finish(startDeno(["pipeline.ts"], folder!, variables));
  if (!isFirst) {
    const { code, stderr } = await run();
    if (code !== 0) throw new Error(stderr);
    await Deno.writeTextFile(join(folder!, "train.sh"), "echo edited\n", { append: true });
  }
  await copy(now, kept);
  const restore = async () => {
    await Deno.remove(now, { recursive: true });
    await copy(kept, now);
  };
  const runMeddled = (meddle: (pid: number) => Promise<void>) =>
    runStopped(["pipeline.ts"], folder!, variables, meddle);
  const traced = async (trace: readonly string[]) => {
    const log = join(root, "strace.log");
    let strace: Deno.ChildProcess | undefined;
    const ended = await runMeddled(async (pid) => {
      strace = await attachStrace(pid, [...trace, "-o", log]);
    });
    await strace?.status;
    return { ...ended, calls: readTrace(await Deno.readTextFile(log)) };
  };
  return {
    folder: folder!,
    cache: cache!,
    temporary: temporary!,
    kept,
    restore,
    run,
    runMeddled,
    trace: async () => (await traced([])).calls,
    async runWith({ call, error, nth }) {
      const { calls, ...ended } = await traced([
        ...["-e", `trace=${call}`, "-e", `inject=${call}:error=${error}:when=${nth}`],
      ]);
      return { ...ended, injected: calls.filter(({ isInjected }) => isInjected) };
    },
  };
}

/** Deno's own packages stay where they are. */
export function bedVariables(cache: string, temporary: string): Record<string, string> {
  const usual = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/", ".cache");
  return {
    XDG_CACHE_HOME: cache,
    DENO_DIR: Deno.env.get("DENO_DIR") ?? join(usual, "deno"),
    TMPDIR: temporary,
    NO_COLOR: "1",
  };
}

/** Runs the program at `args`, which stops itself at its start: `meddle` is called then, before it goes on. */
export async function runStopped(
  args: readonly string[],
  folder: string,
  variables: Record<string, string>,
  meddle: (pid: number) => Promise<void>,
): Promise<Ended> {
  const program = startDeno(args, folder, { ...variables, STOP_AT_START: "1" });
  while (!(await isStopped(program.pid))) await new Promise((resolve) => setTimeout(resolve, 5));
  await meddle(program.pid);
  program.kill("SIGCONT");
  let isHanging = false;
  const timer = setTimeout(() => {
    isHanging = true;
    program.kill("SIGKILL");
  }, longestMs);
  const finished = await finish(program);
  clearTimeout(timer);
  return { ...finished, isHanging };
}

/** Lets strace take hold of a process and of what it starts, until that executes a program; ends when it has hold of it. */
export async function attachStrace(pid: number, options: readonly string[]): Promise<Deno.ChildProcess> {
  const strace = new Deno.Command("strace", {
    args: ["-f", "-b", "execve", "-y", ...options, "-p", String(pid)],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const isAttached = Promise.withResolvers<void>();
  const read = async () => {
    let said = "";
    for await (const text of strace.stderr.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (/attached/.test(said)) isAttached.resolve();
    }
    isAttached.reject(new Error(said));
  };
  void read();
  await isAttached.promise;
  return strace;
}

async function isStopped(pid: number): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => undefined);
  if (stat === undefined) throw new Error("The program ended before it stopped itself");
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
}

export async function copy(from: string, to: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("cp", { args: ["-a", from, to] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
