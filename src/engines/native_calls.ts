/** The system calls that Deno lacks, by way of the C library. */
import { openCLibrary } from "../core/c_library.ts";

export interface NativeCalls {
  /** While on, processes below us whose parent ends become our children, and not the system's. */
  setSubreaper(isOn: boolean): void;
  /** Runs `start` with our soft RLIMIT_LOCKS set to `mark`, which what it starts inherits. */
  withMark<Result>(mark: bigint, start: () => Result): Result;
  /** The soft RLIMIT_LOCKS of a process, which may have ended; undefined of one of another user. */
  markOf(pid: number): bigint | undefined;
  /** Takes note of a child's end: its CPU time, with that of what it waited for. Undefined while it lives. */
  reap(pid: number): { readonly cpuTimeMs: number } | undefined;
}

const prSetChildSubreaper = 36;
const rlimitLocks = 10;
const waitNoHang = 1;

let calls: NativeCalls | undefined | "unknown" = "unknown";

/** Undefined where they cannot be made. */
export function nativeCalls(): NativeCalls | undefined {
  return calls === "unknown" ? calls = openCalls() : calls;
}

function openCalls(): NativeCalls | undefined {
  const library = openCLibrary({
    prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
    getrlimit64: { parameters: ["i32", "buffer"], result: "i32" },
    setrlimit64: { parameters: ["i32", "buffer"], result: "i32" },
    prlimit64: { parameters: ["i32", "i32", "buffer", "buffer"], result: "i32" },
    wait4: { parameters: ["i32", "buffer", "i32", "buffer"], result: "i32" },
  });
  if (library === undefined) return undefined;
  return {
    setSubreaper: (isOn) => void library.prctl(prSetChildSubreaper, isOn ? 1n : 0n, 0n, 0n, 0n),
    withMark(mark, start) {
      const limits = new BigUint64Array(2);
      if (library.getrlimit64(rlimitLocks, limits) !== 0) return start();
      library.setrlimit64(rlimitLocks, new BigUint64Array([mark, limits[1]!]));
      try {
        return start();
      } finally {
        library.setrlimit64(rlimitLocks, limits);
      }
    },
    markOf(pid) {
      const limits = new BigUint64Array(2);
      return library.prlimit64(pid, rlimitLocks, null, limits) === 0 ? limits[0] : undefined;
    },
    reap(pid) {
      // struct rusage: seconds and microseconds of user and of system time, then what we do not read.
      const usage = new BigInt64Array(18);
      if (library.wait4(pid, new Int32Array(1), waitNoHang, usage) !== pid) return undefined;
      const [userSeconds, user, systemSeconds, system] = usage;
      return {
        cpuTimeMs: Number(userSeconds! + systemSeconds!) * 1000 + Number(user! + system!) / 1000,
      };
    },
  };
}
