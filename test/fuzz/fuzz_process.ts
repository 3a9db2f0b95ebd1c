/** The process that reads: it may write in one folder only, and may be killed at any case. */
import { join } from "node:path";
import { type Input, minimise, openInputs, showInput } from "./input.ts";
import { judge, kindOf, type Verdict } from "./judge.ts";
import { type Job, type Order, type Saying, statusLength } from "./jobs.ts";
import type { Opened, Target } from "./target.ts";

/** The same fault is told so often of one target. */
const mostToldAlike = 1;
/** For making one input smaller. */
const minimiseMs = 5_000;

const order: Order = JSON.parse(Deno.args[0]!);
const { targets }: { targets: readonly Target[] } = await import(order.table);
const status = Deno.openSync(order.status, { write: true });
const encoder = new TextEncoder();
let current = -1;

for (const [index, job] of order.jobs.entries()) {
  current = index;
  const target = targets.find(({ name }) => name === job.target);
  if (target === undefined) throw new Error(`There is no target ${job.target}`);
  await runJob(job, target);
}
Deno.exit(0);

async function runJob(job: Job, target: Target): Promise<void> {
  const folder = join(order.folder, String(current));
  Deno.mkdirSync(folder);
  const opened = await target.open(folder);
  const inputOf = openInputs(opened.samples, `${order.seed} ${target.name}`);
  const told = new Map<string, number>();
  const before = process.cpuUsage();
  let refused = 0;
  for (let number = job.from; number < job.to; number++) {
    note(number);
    const input = inputOf(number);
    const verdict = await judge(() => opened.run(input));
    if (verdict.is === "refused") refused++;
    if (verdict.is !== "fault") continue;
    const kind = kindOf(verdict);
    const count = told.get(kind) ?? 0;
    told.set(kind, count + 1);
    if (count < mostToldAlike) await tell(verdict, input, number, target, opened);
  }
  await opened.close?.();
  const { user, system } = process.cpuUsage(before);
  say({
    is: "done",
    target: target.name,
    cases: job.to - job.from,
    refused,
    cpuMs: Math.round((user + system) / 1000),
  });
}

async function tell(
  verdict: Verdict,
  input: Input,
  number: number,
  target: Target,
  opened: Opened<Input>,
): Promise<void> {
  if (verdict.is !== "fault") return;
  const kind = kindOf(verdict);
  const end = Date.now() + minimiseMs;
  let tries = 0;
  const isStill = async (smaller: Input) => {
    note(number, ++tries);
    const again = await judge(() => opened.run(smaller));
    return again.is === "fault" && kindOf(again) === kind;
  };
  const small = await minimise(input, isStill, () => Date.now() > end);
  const { stack } = verdict;
  say({
    is: "fault",
    fault: {
      target: target.name,
      case: number,
      text: verdict.text,
      input: showInput(small),
      ...(stack === undefined ? {} : { stack }),
    },
  });
}

/** Anything new there says that the process goes on. */
function note(number: number, tries = 0): void {
  status.seekSync(0, Deno.SeekMode.Start);
  status.writeSync(encoder.encode(`${current} ${number} ${tries}`.padEnd(statusLength)));
}

function say(saying: Saying): void {
  Deno.writeTextFileSync(order.told, `${JSON.stringify(saying)}\n`, { append: true });
}
