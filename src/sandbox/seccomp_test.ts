import assert from "node:assert/strict";
import { seccompFilter, type SocketRule } from "./seccomp.ts";
import { type Machine, type SystemCall, systemCallNumber } from "./system_calls.ts";

const architectures = { x86_64: 0xc000003e, aarch64: 0xc00000b7 };

/** What the kernel would make of a call: classic BPF, as far as the filter uses it. */
function judge(filter: Uint8Array, architecture: number, number: number, args: readonly bigint[]): string {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, architecture, true);
  args.forEach((value, index) => data.setBigUint64(16 + 8 * index, value, true));
  const program = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  let loaded = 0;
  for (let at = 0; 8 * at < filter.length; at++) {
    const code = program.getUint16(8 * at, true);
    const value = program.getUint32(8 * at + 4, true);
    const jump = (holds: boolean) => at += program.getUint8(8 * at + (holds ? 2 : 3));
    if (code === 0x20) loaded = data.getUint32(value, true);
    else if (code === 0x15) jump(loaded === value);
    else if (code === 0x35) jump(loaded >= value);
    else if (code === 0x45) jump((loaded & value) !== 0);
    else if (code === 0x54) loaded = (loaded & value) >>> 0;
    else if (code === 0x06) {
      return value === 0x7fff0000 ? "allowed" : value === 0x80000000 ? "killed" : `error ${value & 0xffff}`;
    } else throw new Error(`no instruction ${code}`);
  }
  throw new Error("the filter has no end");
}

const calls: readonly (readonly [string, SystemCall, readonly bigint[], string, SocketRule?])[] = [
  ["reading the keyring", "keyctl", [], "error 1"],
  ["a mount", "mount", [], "error 1"],
  ["a mount by the new calls", "fsopen", [], "error 1"],
  ["a mount by open_tree_attr", "open_tree_attr", [], "error 1"],
  ["ptrace", "ptrace", [], "error 1"],
  ["bpf", "bpf", [], "error 1"],
  ["the kernel's log", "syslog", [], "error 1"],
  ["a file by its handle", "open_by_handle_at", [], "error 1"],
  ["io_uring", "io_uring_setup", [], "error 38"],
  ["clone3, for programs to fall back", "clone3", [], "error 38"],
  ["unshare", "unshare", [0n], "error 1"],
  ["a process", "clone", [17n], "allowed"],
  ["a thread", "clone", [0x3d0f00n], "allowed"],
  ["a process in a user namespace", "clone", [0x10000011n], "error 1"],
  ["a process in a mount namespace", "clone", [0x20011n], "error 1"],
  ["the size of a terminal", "ioctl", [0n, 0x5413n], "allowed"],
  ["TIOCSTI", "ioctl", [0n, 0x5412n], "error 1"],
  ["TIOCSTI with high bits", "ioctl", [0n, 0xdeadbeef00005412n], "error 1"],
  ["TIOCLINUX", "ioctl", [0n, 0x541cn], "error 1"],
  ["TIOCLINUX with high bits", "ioctl", [0n, 0x10000541cn], "error 1"],
  ["a usual mode", "fchmodat", [0n, 0n, 0o755n], "allowed"],
  ["a setuid program", "fchmodat", [0n, 0n, 0o4755n], "error 1"],
  ["a setgid program by fchmod", "fchmod", [0n, 0o2755n], "error 1"],
  ["a new setuid file", "openat", [0n, 0n, 0o101n, 0o4755n], "error 1"],
  ["a new file", "openat", [0n, 0n, 0o101n, 0o644n], "allowed"],
  ["a file that is there, with a mode that does not count", "openat", [0n, 0n, 0n, 0o7777n], "allowed"],
  ["a setuid file without a name", "openat", [0n, 0n, 0o20200002n, 0o4755n], "error 1"],
  ["a local socket with a network of its own", "socket", [1n, 1n, 0n], "allowed", "own-network"],
  ["UDP with a network of its own", "socket", [2n, 2n, 0n], "allowed", "own-network"],
  ["a socket to the host of a virtual machine", "socket", [40n, 1n, 0n], "error 13", "own-network"],
  ["a kernel cipher", "socket", [38n, 5n, 0n], "error 13", "own-network"],
  ["a local socket where the network is shared", "socket", [1n, 1n, 0n], "error 13", "shared-network"],
  ["UDP where the network is shared", "socket", [2n, 2n, 0n], "allowed", "shared-network"],
  ["TCP", "socket", [2n, 0x80801n, 6n], "allowed", "tcp"],
  ["TCP over IPv6", "socket", [10n, 1n, 0n], "allowed", "tcp"],
  ["UDP where there is TCP only", "socket", [2n, 2n, 0n], "error 13", "tcp"],
  ["MPTCP", "socket", [2n, 1n, 262n], "error 13", "tcp"],
  ["SMC", "socket", [2n, 1n, 256n], "error 13", "tcp"],
  ["a raw socket", "socket", [2n, 3n, 1n], "error 13", "tcp"],
  ["netlink where there is TCP only", "socket", [16n, 3n, 0n], "error 13", "tcp"],
  ["a local socket where there is TCP only", "socket", [1n, 1n, 0n], "error 13", "tcp"],
  ["a connection made by its first message", "sendto", [0n, 0n, 0n, 0x20000000n], "error 13", "tcp"],
  ["a message", "sendto", [0n, 0n, 0n, 0x4000n], "allowed", "tcp"],
  ["shared memory with namespaces of its own", "shmget", [], "allowed", "own-network"],
  ["shared memory by its number", "shmat", [], "error 13", "none"],
  ["its own priority", "setpriority", [0n, 0n, 5n], "allowed", "none"],
  ["another process's priority", "setpriority", [0n, 77n, 5n], "error 13", "none"],
  ["the priority of all of the user's processes", "setpriority", [2n, 0n, 5n], "error 13", "tcp"],
  ["another process's limits", "prlimit64", [77n], "error 13", "shared-network"],
  ["its own limits", "prlimit64", [0n], "allowed", "none"],
  ["a queue of messages", "mq_open", [], "error 13", "tcp"],
  ["TCP where there are no sockets", "socket", [2n, 1n, 0n], "error 13", "none"],
];

for (const machine of ["x86_64", "aarch64"] as const satisfies readonly Machine[]) {
  for (const [what, name, args, expected, rule = "own-network"] of calls) {
    Deno.test(`on ${machine}, ${what} is answered with: ${expected}`, () => {
      const filter = seccompFilter(machine, rule);
      const number = systemCallNumber(name, machine)!;
      assert.equal(judge(filter, architectures[machine], number, args), expected);
    });
  }
}

Deno.test("calls of 32-bit programs and of the x32 interface end the process", () => {
  const filter = seccompFilter("x86_64", "own-network");
  assert.equal(judge(filter, 0x40000003, 1, []), "killed");
  assert.equal(judge(filter, architectures.x86_64, 0x40000000 + 101, []), "killed");
  assert.equal(judge(seccompFilter("aarch64", "tcp"), 0x40000028, 1, []), "killed");
});

Deno.test("no filter is longer than the kernel takes", () => {
  for (const machine of ["x86_64", "aarch64"] as const) {
    assert.ok(seccompFilter(machine, "tcp").length / 8 < 4096);
  }
});
