/** Which system calls are made to fail, with what, and on what: the errors that the kernel itself may answer with. */
import type { Random } from "./random.ts";

/** Short for a kind of thing that a call is about, as strace shows it. */
export type Target = "any" | "file";

export interface FaultyCall {
  readonly call: string;
  readonly errors: readonly string[];
  /** `file`: a call on a socket, a pipe or an event is not made to fail, as no disk is behind it. */
  readonly on: Target;
}

const full = ["ENOSPC", "EDQUOT", "EIO"];
const descriptors = ["EMFILE", "ENFILE"];

/** Of the calls that a run makes on x86-64 and AArch64. */
export const faultyCalls: readonly FaultyCall[] = [
  { call: "write", errors: full, on: "file" },
  { call: "pwrite64", errors: full, on: "file" },
  { call: "read", errors: ["EIO"], on: "file" },
  { call: "pread64", errors: ["EIO"], on: "file" },
  { call: "copy_file_range", errors: full, on: "file" },
  { call: "sendfile", errors: full, on: "file" },
  { call: "fsync", errors: full, on: "any" },
  { call: "fdatasync", errors: full, on: "any" },
  { call: "ftruncate", errors: ["EIO", "ENOSPC"], on: "any" },
  { call: "openat", errors: ["ENOSPC", "EIO", "EDQUOT", ...descriptors], on: "any" },
  { call: "mkdir", errors: full, on: "any" },
  { call: "mkdirat", errors: full, on: "any" },
  { call: "rename", errors: full, on: "any" },
  { call: "renameat2", errors: full, on: "any" },
  { call: "link", errors: [...full, "EMLINK"], on: "any" },
  { call: "linkat", errors: [...full, "EMLINK"], on: "any" },
  { call: "unlink", errors: ["EIO"], on: "any" },
  { call: "unlinkat", errors: ["EIO"], on: "any" },
  { call: "rmdir", errors: ["EIO"], on: "any" },
  { call: "chmod", errors: ["EIO"], on: "any" },
  { call: "fchmod", errors: ["EIO"], on: "any" },
  { call: "fchmodat", errors: ["EIO"], on: "any" },
  { call: "utimensat", errors: ["EIO"], on: "any" },
  { call: "flock", errors: ["ENOLCK"], on: "any" },
  { call: "getdents64", errors: ["EIO"], on: "any" },
  { call: "statx", errors: ["EIO"], on: "any" },
  { call: "stat", errors: ["EIO"], on: "any" },
  { call: "newfstatat", errors: ["EIO"], on: "any" },
  { call: "close", errors: ["EIO", "ENOSPC"], on: "file" },
  { call: "socket", errors: descriptors, on: "any" },
  { call: "socketpair", errors: descriptors, on: "any" },
  { call: "bind", errors: ["ENOSPC", "EIO"], on: "any" },
  { call: "pipe2", errors: descriptors, on: "any" },
  { call: "dup", errors: ["EMFILE"], on: "any" },
  { call: "pidfd_open", errors: descriptors, on: "any" },
  { call: "memfd_create", errors: descriptors, on: "any" },
  { call: "clone", errors: ["EAGAIN", "ENOMEM"], on: "any" },
  { call: "vfork", errors: ["EAGAIN", "ENOMEM"], on: "any" },
];

/** One call of strace's log. */
export interface TracedCall {
  readonly thread: string;
  readonly call: string;
  /** Its arguments, and what it gave, as strace shows them. */
  readonly text: string;
  readonly isInjected: boolean;
}

/** Every call in a log that `strace -f -o` wrote; one that was told in two parts stands where it began. */
export function readTrace(log: string): TracedCall[] {
  const calls: TracedCall[] = [];
  const open = new Map<string, number>();
  for (const line of log.split("\n")) {
    const begun = /^(\d+)\s+(\w+)\((.*)$/.exec(line);
    if (begun !== null) {
      const [, thread, call, text] = begun as unknown as [string, string, string, string];
      if (text.includes("<unfinished ...>")) open.set(thread, calls.length);
      calls.push({ thread, call, text, isInjected: text.endsWith("(INJECTED)") });
      continue;
    }
    const ended = /^(\d+)\s+<\.\.\. \w+ resumed>(.*)$/.exec(line);
    const index = ended === null ? undefined : open.get(ended[1]!);
    if (ended === null || index === undefined) continue;
    const first = calls[index]!;
    const text = first.text.replace("<unfinished ...>", ended[2]!);
    calls[index] = { ...first, text, isInjected: text.endsWith("(INJECTED)") };
  }
  return calls;
}

/** Whether the call is about a file with a name: its first descriptor, as `-y` shows it, is neither socket nor pipe. */
export const isOnFile = ({ text }: TracedCall): boolean => /^\d+<\/(?!dev\/|proc\/|memfd:)/.test(text);

/** Whether the kernel could have answered so. */
export const isPossible = (traced: TracedCall): boolean =>
  faultyCalls.find(({ call }) => call === traced.call)?.on === "any" || isOnFile(traced);

/** One run: the `nth` call of this name, of each thread of the program by itself, fails with `error`. */
export interface Fault {
  readonly call: string;
  readonly error: string;
  readonly nth: number;
}

/** Every fault that some call of a trace can meet. */
export function faultsOf(trace: readonly TracedCall[]): Fault[] {
  const numbers = new Map<string, Set<number>>();
  const counts = new Map<string, number>();
  for (const traced of trace) {
    const counter = `${traced.thread} ${traced.call}`;
    const nth = (counts.get(counter) ?? 0) + 1;
    counts.set(counter, nth);
    if (!faultyCalls.some(({ call }) => call === traced.call) || !isPossible(traced)) continue;
    numbers.set(traced.call, (numbers.get(traced.call) ?? new Set()).add(nth));
  }
  return faultyCalls.flatMap(({ call, errors }) =>
    errors.flatMap((error) =>
      [...numbers.get(call) ?? []].sort((a, b) => a - b).map((nth) => ({ call, error, nth }))
    )
  );
}

/** So many of them, one call's after another's, by chance. */
export function sampleOf(faults: readonly Fault[], count: number, random: Random): Fault[] {
  const left = Map.groupBy(faults, ({ call }) => call);
  const chosen: Fault[] = [];
  while (chosen.length < count && left.size > 0) {
    const call = random.pick([...left.keys()]);
    chosen.push(random.pick(left.get(call)!));
    left.delete(call);
  }
  return chosen;
}

/** Of each call one, with its errors by turns. */
export function oneOfEachCall(faults: readonly Fault[], random: Random): Fault[] {
  return [...Map.groupBy(faults, ({ call, nth }) => `${call} ${nth}`).values()].map((same) =>
    random.pick(same)
  );
}
