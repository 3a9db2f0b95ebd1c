/** A fuzz run: processes that read made-up inputs, and a watch over them that names the input a process died or hung at. */
import { join } from "node:path";
import { openInputs, showInput } from "./input.ts";
import type { Fault, Job, Order, Saying } from "./jobs.ts";
import type { Target } from "./target.ts";

export interface FuzzOptions {
  readonly seed: string;
  /** Over all targets, by their weight. */
  readonly inputs: number;
  /** 1 by default. */
  readonly processes?: number;
  /** 0 by default. */
  readonly niceness?: number;
  /** Names of targets; all by default. */
  readonly only?: readonly string[];
  /** The only case to run, of each target. */
  readonly case?: number;
  /** A module that exports `targets`; `targets.ts` by default. */
  readonly table?: string;
  /** Told of each target that is done, and of each fault, as they come. */
  readonly hear?: (saying: Saying) => void;
}

export interface FuzzReport {
  readonly faults: readonly Fault[];
  readonly counts: readonly Extract<Saying, { is: "done" }>[];
}

/** A process that needs so much processor time for one case is ended. */
const mostCpuMs = 3000;
const mostMemoryBytes = 1.5 * 2 ** 30;
/** Of the processes of one target; what is left of its cases is not run then. */
const mostDeaths = 2;
const lookMs = 250;
/** Of the kernel's clock, in one second. */
const ticks = 100;

/** Every fault is one of the product. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const table = options.table ?? import.meta.resolve("./targets.ts");
  const { targets }: { targets: readonly Target[] } = await import(table);
  const chosen = targets.filter(({ name }) => options.only?.includes(name) ?? true);
  const weight = chosen.reduce((sum, target) => sum + target.weight, 0);
  const jobs = chosen.map((target): Job => {
    if (options.case !== undefined) return { target: target.name, from: options.case, to: options.case + 1 };
    return { target: target.name, from: 0, to: Math.ceil(options.inputs * target.weight / weight) };
  });
  const folder = await Deno.makeTempDir({ prefix: "sluice-fuzz-" });
  const report = { faults: [] as Fault[], counts: [] as Extract<Saying, { is: "done" }>[] };
  try {
    const open = [...jobs];
    const atOnce = Math.ceil(jobs.length / (4 * (options.processes ?? 1)));
    const shares = Array.from({ length: options.processes ?? 1 }, async () => {
      while (open.length > 0) await runJobs(open.splice(0, atOnce));
    });
    await Promise.all(shares);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return report;

  /** In one process, or one after another where one does not come to the end. */
  async function runJobs(jobs: readonly Job[]): Promise<void> {
    const deaths = new Map<string, number>();
    for (let rest = jobs; rest.length > 0;) {
      const own = join(folder, crypto.randomUUID());
      await Deno.mkdir(own);
      const status = join(own, "status");
      await Deno.writeTextFile(status, "");
      const told = join(own, "told");
      await Deno.writeTextFile(told, "");
      const order = { seed: options.seed, jobs: rest, folder: own, status, told, table };
      const end = await runProcess(order, options.niceness ?? 0);
      for (const line of (await Deno.readTextFile(told)).split("\n")) if (line !== "") tell(JSON.parse(line));
      const [index = NaN, at = NaN] = (await Deno.readTextFile(status)).split(" ").map(Number);
      await Deno.remove(own, { recursive: true });
      if (end === undefined) return;
      const job = rest[index];
      if (job === undefined) throw new Error(`A process ended before its first case: ${end}`);
      const { target, from, to } = job;
      tell({ is: "fault", fault: { target, case: at, text: end, input: await inputOf(target, at) } });
      tell({ is: "done", target, cases: at + 1 - from, refused: 0, cpuMs: 0 });
      deaths.set(target, (deaths.get(target) ?? 0) + 1);
      const isOver = at + 1 >= to || deaths.get(target)! >= mostDeaths;
      rest = [...isOver ? [] : [{ target, from: at + 1, to }], ...rest.slice(index + 1)];
    }
  }

  function tell(saying: Saying): void {
    if (saying.is === "fault") report.faults.push(saying.fault);
    else report.counts.push(saying);
    options.hear?.(saying);
  }

  async function inputOf(name: string, at: number): Promise<string> {
    const again = join(folder, crypto.randomUUID());
    await Deno.mkdir(again);
    const opened = await targets.find((target) => target.name === name)!.open(again);
    const input = openInputs(opened.samples, `${options.seed} ${name}`)(at);
    await opened.close?.();
    return showInput(input);
  }
}

/** Undefined when all was read; else why the process ended. */
async function runProcess(order: Order, niceness: number): Promise<string | undefined> {
  const child = new Deno.Command("nice", {
    args: [
      "-n",
      String(niceness),
      Deno.execPath(),
      "run",
      "--quiet",
      "--no-prompt",
      "--no-check",
      "--allow-read",
      "--allow-env",
      "--allow-sys",
      "--allow-ffi",
      "--allow-net=127.0.0.1",
      `--allow-write=${order.folder}`,
      "--v8-flags=--max-old-space-size=1024",
      join(import.meta.dirname!, "fuzz_process.ts"),
      JSON.stringify(order),
    ],
    // Nothing of the developer's own is to be met, or written.
    env: {
      HOME: order.folder,
      XDG_CACHE_HOME: join(order.folder, "cache"),
      DENO_DIR: denoFolder(),
      TMPDIR: order.folder,
    },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let ended: string | undefined;
  let before = { status: "", cpuMs: 0 };
  const watch = setInterval(() => {
    const now = look(child.pid, order.status);
    if (now === undefined) return;
    if (now.memoryBytes > mostMemoryBytes) ended = "takes more than 1.5 GiB of memory";
    if (now.status !== before.status) before = now;
    else if (now.cpuMs - before.cpuMs > mostCpuMs) {
      ended = `does not end within ${mostCpuMs} ms of processor time`;
    }
    if (ended !== undefined) child.kill("SIGKILL");
  }, lookMs);
  try {
    const { code, signal } = await child.status;
    if (ended !== undefined || code === 0) return ended;
    return `ends with ${signal ?? code}: ${(await errors).trim().split("\n").slice(0, 12).join("\n")}`;
  } finally {
    clearInterval(watch);
  }
}

const denoFolder = (): string =>
  Deno.env.get("DENO_DIR") ??
    join(Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/", ".cache"), "deno");

function look(pid: number, statusPath: string) {
  try {
    const fieldsOf = (path: string) => Deno.readTextFileSync(path).replace(/^.*\) /, "").split(" ");
    // Of the first thread, which reads.
    const fields = fieldsOf(`/proc/${pid}/task/${pid}/stat`);
    return {
      status: Deno.readTextFileSync(statusPath),
      cpuMs: (Number(fields[11]) + Number(fields[12])) * 1000 / ticks,
      memoryBytes: Number(fieldsOf(`/proc/${pid}/stat`)[21]) * 4096,
    };
  } catch {
    return undefined;
  }
}

/** What to read, and how to have it again. */
export const faultText = (fault: Fault, seed: string): string =>
  [
    `${fault.target} ${fault.text}`,
    `  input: ${fault.input}`,
    `  again: deno run -A test/fuzz/main.ts --seed ${seed} --target "${fault.target}" --case ${fault.case}`,
    ...(fault.stack === undefined ? [] : [fault.stack]),
  ].join("\n");
