/** What it takes to start processes and to wait for them without Deno: functions of the C library. */
import { openCLibrary } from "../core/c_library.ts";
import { openReadiness, type Readiness } from "./readiness.ts";

/** `pidfd_open` on both processors that Deno runs on. */
const pidfdOpen = 434n;

function openLibrary() {
  return openCLibrary({
    posix_spawn: { parameters: ["buffer", "buffer", "buffer", "buffer", "buffer", "buffer"], result: "i32" },
    posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
    posix_spawn_file_actions_destroy: { parameters: ["buffer"], result: "i32" },
    posix_spawn_file_actions_adddup2: { parameters: ["buffer", "i32", "i32"], result: "i32" },
    posix_spawn_file_actions_addopen: {
      parameters: ["buffer", "i32", "buffer", "i32", "u32"],
      result: "i32",
    },
    posix_spawn_file_actions_addchdir_np: { parameters: ["buffer", "buffer"], result: "i32" },
    posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
    posix_spawnattr_setflags: { parameters: ["buffer", "i16"], result: "i32" },
    posix_spawnattr_setsigmask: { parameters: ["buffer", "buffer"], result: "i32" },
    posix_spawnattr_setsigdefault: { parameters: ["buffer", "buffer"], result: "i32" },
    memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
    pipe2: { parameters: ["buffer", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    pwrite: { name: "pwrite64", parameters: ["i32", "buffer", "usize", "i64"], result: "isize" },
    fcntl: { parameters: ["i32", "i32", "i64"], result: "i32" },
    pidfd: { name: "syscall", parameters: ["i64", "i64", "i64"], result: "i64" },
    wait4: { parameters: ["i32", "buffer", "i32", "buffer"], result: "i32" },
    strerror: { parameters: ["i32"], result: "pointer" },
  });
}
export type NativeLibrary = NonNullable<ReturnType<typeof openLibrary>>;

export interface Natives {
  readonly library: NativeLibrary;
  readonly readiness: Readiness;
  /** A descriptor that can be read when the process has ended; below zero when there is no process, or no room. */
  openEnd(pid: number): number;
}

let natives: Natives | undefined | "unknown" = "unknown";

/** Undefined other than on Linux with glibc 2.29 and a kernel 5.3, and without the permission `ffi`. */
export function openNatives(): Natives | undefined {
  return natives === "unknown" ? natives = findNatives() : natives;
}

function findNatives(): Natives | undefined {
  const library = openLibrary();
  const readiness = library && openReadiness();
  if (library === undefined || readiness === undefined) return undefined;
  const openEnd = (pid: number) => Number(library.pidfd(pidfdOpen, BigInt(pid), 0n));
  const own = openEnd(Deno.pid);
  if (own < 0) return undefined;
  library.close(own);
  return { library, readiness, openEnd };
}

/** Settles when a process has ended, after `limitMs` at the latest; whoever started it has still to take note of it. */
export async function whenEnded(pid: number, limitMs: number): Promise<void> {
  const natives = openNatives();
  const end = natives?.openEnd(pid) ?? -1;
  if (natives === undefined || end < 0) return await new Promise((resolve) => setTimeout(resolve, 1));
  const ended = Promise.withResolvers<void>();
  const limit = setTimeout(ended.resolve, limitMs);
  natives.readiness.watch(end, ended.resolve);
  await ended.promise;
  clearTimeout(limit);
  natives.readiness.forget(end);
  natives.library.close(end);
}
