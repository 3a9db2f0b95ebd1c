/** Calls of Linux that Deno has no name for, through the C library. */
import { type Machine, type SystemCall, systemCallNumber } from "./system_calls.ts";

/** Sealed: MFD_ALLOW_SEALING and MFD_CLOEXEC; F_ADD_SEALS with all four of the first seals. */
const memoryFileFlags = 3n, F_ADD_SEALS = 1033, allSeals = 15n;
const CLOSE_RANGE_CLOEXEC = 4n;

export interface Libc {
  /**
   * Sees to it that no program started from now on inherits a descriptor above 2, such as one that a shell left open
   * to the process that started us. False where the kernel (before 5.11) cannot.
   */
  keepDescriptors(): boolean;
  /** A descriptor of a file in memory with this content, which nobody can change. Not inherited. */
  memoryFile(content: Uint8Array<ArrayBuffer>): number;
  /** 0 where the kernel has no Landlock, or was started without it. */
  landlockAbi(): number;
}

/** Needs the permission `ffi`, and a Linux with glibc. */
export function openLibc(machine: Machine): Libc {
  const { symbols } = Deno.dlopen("libc.so.6", {
    closeRange: { name: "syscall", parameters: ["i64", "u64", "u64", "i64"], result: "i64" },
    memfd: { name: "syscall", parameters: ["i64", "buffer", "i64"], result: "i64" },
    write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    createRuleset: { name: "syscall", parameters: ["i64", "usize", "usize", "i64"], result: "i64" },
    fcntl: { parameters: ["i32", "i32", "i64"], result: "i32" },
  });
  const number = (name: SystemCall) => BigInt(systemCallNumber(name, machine)!);
  return {
    keepDescriptors: () =>
      symbols.closeRange(number("close_range"), 3n, 0xffffffffn, CLOSE_RANGE_CLOEXEC) === 0n,
    memoryFile(content) {
      const file = Number(
        symbols.memfd(number("memfd_create"), new TextEncoder().encode("sluice\0"), memoryFileFlags),
      );
      if (file < 0) {
        // A call through FFI gives no reason: where too many files are open, this one does.
        Deno.openSync("/dev/null").close();
        throw new Error("the kernel makes no file in memory");
      }
      const written = symbols.write(file, content, BigInt(content.length));
      if (Number(written) !== content.length || symbols.fcntl(file, F_ADD_SEALS, allSeals) !== 0) {
        throw new Error("the kernel fills no file in memory");
      }
      return file;
    },
    // LANDLOCK_CREATE_RULESET_VERSION.
    landlockAbi: () =>
      Math.max(0, Number(symbols.createRuleset(number("landlock_create_ruleset"), 0n, 0n, 1n))),
  };
}
