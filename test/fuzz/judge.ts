/** Whether a reader took its input as it should: gave a value, or refused it, within a second. */
import { setImmediate } from "node:timers";
import { formatFailure, SluiceError } from "../../src/core/error.ts";
import { TrackingError } from "../../src/core/tracking.ts";

export type Verdict =
  | { readonly is: "read" }
  | { readonly is: "refused" }
  /** What was thrown, or how long it took. */
  | { readonly is: "fault"; readonly text: string; readonly stack?: string };

/** The same for the same fault: what was thrown, and by which line of ours. */
export function kindOf({ text, stack }: Extract<Verdict, { is: "fault" }>): string {
  const line = /\/src\/[^)\s]+:\d+:\d+/.exec(stack ?? "")?.[0];
  return line === undefined
    ? text.replaceAll(/["'`].*["'`]|\d+/g, "…").slice(0, 80)
    : `${text.split(":")[0]} ${line}`;
}

/** Of the processor time of the thread that reads, which all else of a program waits for. */
const mostMs = 1000;

/** Runs once, and once more where it took long: the first time pays for what is loaded and compiled. */
export async function judge(run: () => unknown): Promise<Verdict> {
  const [verdict, tookMs] = await judgeOnce(run);
  if (tookMs <= mostMs) return verdict;
  const [, againMs] = await judgeOnce(run);
  return againMs <= mostMs ? verdict : { is: "fault", text: "takes more than a second of processor time" };
}

async function judgeOnce(run: () => unknown): Promise<[Verdict, tookMs: number]> {
  const before = process.threadCpuUsage();
  const verdict = await outcome(run);
  const { user, system } = process.threadCpuUsage(before);
  return [verdict, (user + system) / 1000];
}

/** What is thrown where nobody waits for it. */
let late: unknown;
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  late = event.reason;
});

async function outcome(run: () => unknown): Promise<Verdict> {
  late = undefined;
  const verdict = await attempt(run);
  await new Promise((done) => setImmediate(done));
  const polluted = mendPrototypes();
  if (polluted !== undefined) return { is: "fault", text: `left \`${polluted}\` on a prototype` };
  return late === undefined ? verdict : judgeError(late);
}

async function attempt(run: () => unknown): Promise<Verdict> {
  try {
    await run();
    return { is: "read" };
  } catch (error) {
    return judgeError(error);
  }
}

function judgeError(error: unknown): Verdict {
  if (error instanceof TrackingError) return { is: "refused" };
  // What the fence of the process stopped was on its way to do what it was asked for.
  if (error instanceof Deno.errors.NotCapable) return { is: "refused" };
  if (error instanceof SluiceError) return judgeFailure(error);
  if (!(error instanceof Error)) return { is: "fault", text: `throws ${Deno.inspect(error).slice(0, 200)}` };
  const [line = ""] = error.message.split("\n");
  return { is: "fault", text: `throws ${error.name}: ${line.slice(0, 200)}`, stack: stackOf(error) };
}

const stackOf = (error: Error): string =>
  (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)).slice(0, 12).join("\n");

/** What a user is shown holds no line of a stack, and ends. */
function judgeFailure({ failure }: SluiceError): Verdict {
  const text = formatFailure(failure);
  const line = /^[ \t]*at .*\.(ts|js|mjs):\d+:\d+\)?$/m.exec(text)?.[0];
  if (line !== undefined) return { is: "fault", text: `shows a stack: ${line}` };
  return text.length > 1_000_000
    ? { is: "fault", text: "shows a failure of a million characters" }
    : { is: "refused" };
}

const prototypes = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Object,
  Function,
  Array,
];
const ownNames = prototypes.map((one) => new Set(Reflect.ownKeys(one)));

/** A name that is new on one of them, which is taken off again. */
function mendPrototypes(): string | undefined {
  for (const [index, one] of prototypes.entries()) {
    const keys = Reflect.ownKeys(one);
    if (keys.length === ownNames[index]!.size) continue;
    const added = keys.filter((key) => !ownNames[index]!.has(key));
    for (const key of added) Reflect.deleteProperty(one, key);
    return added.map(String).join(", ").slice(0, 100);
  }
  return undefined;
}
