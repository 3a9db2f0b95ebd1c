/**
 * A seccomp filter as bytes: which system calls a step may not make, in either tier.
 *
 * The filter is a program of classic BPF over `struct seccomp_data` (linux/seccomp.h, linux/filter.h). It sees the
 * number and the arguments of a call, and nothing that a pointer leads to. What is refused with ENOSYS is what
 * programs do without on an older kernel.
 */
import { type Machine, type SystemCall, systemCallNumber } from "./system_calls.ts";

/** Which sockets may be made, and with that which tier it is for: all but the first are Landlock's. socketpair() stays. */
export type SocketRule =
  /** Local and internet sockets; others, such as AF_VSOCK, know nothing of network namespaces. */
  | "own-network"
  /** Internet sockets only: a local one would reach servers of this machine by their path. */
  | "shared-network"
  /** TCP over the internet families, connected by connect() alone, which Landlock holds. */
  | "tcp"
  | "none";

const EPERM = 1, EACCES = 13, ENOSYS = 38;
const RETURN_ALLOW = 0x7fff0000, RETURN_ERRNO = 0x00050000, RETURN_KILL_PROCESS = 0x80000000;
const LOAD = 0x20, JUMP_EQUAL = 0x15, JUMP_GREATER_EQUAL = 0x35, JUMP_SET = 0x45, AND = 0x54, RETURN = 0x06;
const NUMBER_AT = 0, ARCHITECTURE_AT = 4, ARGUMENTS_AT = 16;

/** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64 of linux/audit.h. */
const architectures: Readonly<Record<Machine, number>> = { x86_64: 0xc000003e, aarch64: 0xc00000b7 };
/** Calls of the x32 interface bear this bit. */
const x32Bit = 0x40000000;

/** Namespaces in the flags of clone(): all but CLONE_NEWTIME, whose bit is part of the signal there. */
const namespaceFlags = 0x7e020000;
/** S_ISUID and S_ISGID: a program that others start with our rights must not be left behind. */
const setIdBits = 0o6000;
/** O_CREAT, and O_TMPFILE without its O_DIRECTORY: only then has open() a mode. */
const createFlags = 0o100 | 0o20000000;
const TIOCSTI = 0x5412, TIOCLINUX = 0x541c;
const AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16;
const SOCK_STREAM = 1, socketTypeMask = 0xf, IPPROTO_TCP = 6, MSG_FASTOPEN = 0x20000000;

/** Refused with EPERM whatever their arguments. */
const refused: readonly SystemCall[] = [
  // The keyrings of the user, which no namespace separates.
  "keyctl",
  "add_key",
  "request_key",
  // Mounts, with the old calls and the new.
  "mount",
  "umount2",
  "pivot_root",
  "chroot",
  "open_tree",
  "open_tree_attr",
  "move_mount",
  "fsopen",
  "fsconfig",
  "fsmount",
  "fspick",
  "mount_setattr",
  // Namespaces; clone() is judged by its flags.
  "unshare",
  "setns",
  // Other processes.
  "ptrace",
  "process_vm_readv",
  "process_vm_writev",
  "process_madvise",
  "pidfd_getfd",
  "kcmp",
  // Files by handle, past every folder that was not given.
  "open_by_handle_at",
  "fanotify_init",
  // The kernel itself.
  "bpf",
  "perf_event_open",
  "userfaultfd",
  "syslog",
  "kexec_load",
  "kexec_file_load",
  "init_module",
  "finit_module",
  "delete_module",
  "create_module",
  "reboot",
  "swapon",
  "swapoff",
  "acct",
  "quotactl",
  "quotactl_fd",
  "settimeofday",
  "clock_settime",
  "clock_adjtime",
  "sethostname",
  "setdomainname",
  "iopl",
  "ioperm",
  "modify_ldt",
  "vhangup",
  "uselib",
  "lookup_dcookie",
  "nfsservctl",
  "_sysctl",
];

/** Refused with ENOSYS: their arguments lie in memory, where a filter cannot read them, and each has an older twin. */
const unknown: readonly SystemCall[] = [
  "clone3",
  "openat2",
  "io_uring_setup",
  "io_uring_enter",
  "io_uring_register",
];

/** Memory, messages and semaphores of other programs, by a number or a name; bubblewrap gives a step its own. */
const sharedWithOthers: readonly SystemCall[] = [
  "shmget",
  "shmat",
  "shmctl",
  "msgget",
  "msgsnd",
  "msgrcv",
  "msgctl",
  "semget",
  "semop",
  "semtimedop",
  "semctl",
  "mq_open",
];

interface Instruction {
  readonly code: number;
  readonly value: number;
  readonly ifTrue?: number;
  readonly ifFalse?: number;
}

/** The bytes `--seccomp` of bubblewrap and `SECCOMP_SET_MODE_FILTER` take, in the byte order of both machines. */
export function seccompFilter(machine: Machine, sockets: SocketRule): Uint8Array<ArrayBuffer> {
  const instructions = filterInstructions(machine, sockets);
  const view = new DataView(new ArrayBuffer(8 * instructions.length));
  instructions.forEach(({ code, value, ifTrue = 0, ifFalse = 0 }, index) => {
    view.setUint16(8 * index, code, true);
    view.setUint8(8 * index + 2, ifTrue);
    view.setUint8(8 * index + 3, ifFalse);
    view.setUint32(8 * index + 4, value >>> 0, true);
  });
  return new Uint8Array(view.buffer);
}

function filterInstructions(machine: Machine, sockets: SocketRule): Instruction[] {
  const on = (name: SystemCall, judge: readonly Instruction[]): Instruction[] => {
    const number = systemCallNumber(name, machine);
    if (number === undefined) return [];
    return [{ code: JUMP_EQUAL, value: number, ifFalse: judge.length }, ...judge];
  };
  return [
    load(ARCHITECTURE_AT),
    { code: JUMP_EQUAL, value: architectures[machine], ifTrue: 1 },
    give(RETURN_KILL_PROCESS),
    load(NUMBER_AT),
    ...(machine === "x86_64"
      ? [{ code: JUMP_GREATER_EQUAL, value: x32Bit, ifFalse: 1 }, give(RETURN_KILL_PROCESS)]
      : []),
    ...refused.flatMap((name) => on(name, [error(EPERM)])),
    ...unknown.flatMap((name) => on(name, [error(ENOSYS)])),
    ...on("clone", [...unlessAny(0, namespaceFlags, EPERM), allow]),
    ...(sockets === "own-network" ? [] : [
      ...sharedWithOthers.flatMap((name) => on(name, [error(EACCES)])),
      // Of the caller itself only, as 0 names it: others are not out of sight.
      ...on("setpriority", [
        load(argument(0)),
        ...allowOnly([0]),
        load(argument(1)),
        ...allowOnly([0]),
        allow,
      ]),
      ...on("prlimit64", [load(argument(0)), ...allowOnly([0]), allow]),
    ]),
    // The kernel takes the low half of a request for the whole; so does this, or its high bits would hide one.
    ...on("ioctl", [load(argument(1)), ...ifOneOf([TIOCSTI, TIOCLINUX], EPERM), allow]),
    ...on("chmod", [...unlessAny(1, setIdBits, EPERM), allow]),
    ...on("fchmod", [...unlessAny(1, setIdBits, EPERM), allow]),
    ...on("fchmodat", [...unlessAny(2, setIdBits, EPERM), allow]),
    ...on("fchmodat2", [...unlessAny(2, setIdBits, EPERM), allow]),
    ...on("creat", [...unlessAny(1, setIdBits, EPERM), allow]),
    ...on("mknod", [...unlessAny(1, setIdBits, EPERM), allow]),
    ...on("mknodat", [...unlessAny(2, setIdBits, EPERM), allow]),
    ...on("open", judgeOpen(1)),
    ...on("openat", judgeOpen(2)),
    ...on("socket", judgeSocket(sockets)),
    ...(sockets === "tcp"
      // A connection may be made by its first message, which Landlock is not asked about.
      ? [
        ...on("sendto", [...unlessAny(3, MSG_FASTOPEN, EACCES), allow]),
        ...on("sendmsg", [...unlessAny(2, MSG_FASTOPEN, EACCES), allow]),
        ...on("sendmmsg", [...unlessAny(3, MSG_FASTOPEN, EACCES), allow]),
      ]
      : []),
    allow,
  ];
}

/** The mode is the argument after the flags, and counts when the call may make a file. */
const judgeOpen = (flagsAt: number): Instruction[] => [
  load(argument(flagsAt)),
  { code: JUMP_SET, value: createFlags, ifTrue: 1 },
  allow,
  ...unlessAny(flagsAt + 1, setIdBits, EPERM),
  allow,
];

function judgeSocket(rule: SocketRule): Instruction[] {
  switch (rule) {
    case "none":
      return [error(EACCES)];
    case "own-network":
      return onlyFamilies([AF_UNIX, AF_INET, AF_INET6, AF_NETLINK]);
    case "shared-network":
      return onlyFamilies([AF_INET, AF_INET6, AF_NETLINK]);
    case "tcp":
      return [
        load(argument(0)),
        ...allowOnly([AF_INET, AF_INET6]),
        load(argument(1)),
        { code: AND, value: socketTypeMask },
        ...allowOnly([SOCK_STREAM]),
        // Not MPTCP or SMC, of which Landlock's rules for TCP do not speak.
        load(argument(2)),
        ...allowOnly([0, IPPROTO_TCP]),
        allow,
      ];
  }
}

const onlyFamilies = (families: readonly number[]): Instruction[] => [
  load(argument(0)),
  ...allowOnly(families),
  allow,
];

/** Goes on when the value loaded is one of these, and refuses otherwise. */
const allowOnly = (values: readonly number[]): Instruction[] => [
  ...values.map((value, index) => ({ code: JUMP_EQUAL, value, ifTrue: values.length - index })),
  error(EACCES),
];

/** Refuses when the value loaded is one of these, and goes on otherwise. */
const ifOneOf = (values: readonly number[], errno: number): Instruction[] =>
  values.flatMap((value) => [{ code: JUMP_EQUAL, value, ifFalse: 1 }, error(errno)]);

/** Refuses when any of the bits is set in the argument, and goes on otherwise. */
const unlessAny = (index: number, bits: number, errno: number): Instruction[] => [
  load(argument(index)),
  { code: JUMP_SET, value: bits, ifFalse: 1 },
  error(errno),
];

/** Where the low half of an argument lies. */
const argument = (index: number): number => ARGUMENTS_AT + 8 * index;
const load = (at: number): Instruction => ({ code: LOAD, value: at });
const give = (value: number): Instruction => ({ code: RETURN, value });
const error = (errno: number): Instruction => give(RETURN_ERRNO | errno);
const allow: Instruction = give(RETURN_ALLOW);
