/** What a sandbox is given by descriptor, made once a process: filters of system calls, and small files. */
import { join } from "node:path";
import { type Libc, openLibc } from "./libc.ts";
import { seccompFilter } from "./seccomp.ts";
import type { Machine } from "./system_calls.ts";

export interface Descriptors {
  readonly machine: Machine;
  /** Each is named by a path that any process of this user may open, for as long as this one lives. */
  readonly filter: string;
  readonly passwd: string;
  readonly group: string;
  readonly hosts: string;
  /** Of Landlock; 0 where there is none. */
  landlockAbi(): number;
}

const machine: Machine = Deno.build.arch;
let libc: Libc | undefined;
let made: Descriptors | undefined;

/** From now on no program that this process starts inherits a descriptor above 2. */
export function openDescriptors(): Descriptors {
  libc ??= openLibc(machine);
  if (!libc.keepDescriptors()) {
    throw new Error("the kernel (before 5.11) cannot close descriptors for programs");
  }
  return made ??= makeDescriptors(libc);
}

function makeDescriptors(libc: Libc): Descriptors {
  const hold = (content: string | Uint8Array<ArrayBuffer>) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return join("/proc", String(Deno.pid), "fd", String(libc.memoryFile(bytes)));
  };
  const [uid, gid] = [Deno.uid() ?? 0, Deno.gid() ?? 0];
  return {
    machine,
    filter: hold(seccompFilter(machine, "own-network")),
    passwd: hold(`${nameIn("/etc/passwd", uid)}:x:${uid}:${gid}::/:/bin/sh\n`),
    group: hold(`${nameIn("/etc/group", gid)}:x:${gid}:\n`),
    hosts: hold("127.0.0.1 localhost\n::1 localhost\n"),
    landlockAbi: libc.landlockAbi,
  };
}

/** What the machine calls a user or a group of this number. */
function nameIn(file: string, number: number): string {
  try {
    const line = Deno.readTextFileSync(file).split("\n").map((line) => line.split(":"))
      .find((fields) => fields[2] === String(number));
    return line?.[0] || "user";
  } catch {
    return "user";
  }
}
