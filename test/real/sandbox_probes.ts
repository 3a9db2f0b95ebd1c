/** What a step's program tries, and how each tier answers: the sandbox's specification. docs/sandbox.md shows it. */

/** `own`: it is given one of its own. `user`: whatever the user who runs sluice may do. */
export type Answer = "refused" | "allowed" | "own" | "user";

export interface Probe {
  /** As in sandbox_probe.py. */
  readonly name: string;
  readonly tries: string;
  readonly bubblewrap: Answer;
  readonly landlock: Answer;
  readonly off: Answer;
}

const row = (name: string, tries: string, bubblewrap: Answer, landlock: Answer, off: Answer): Probe => ({
  name,
  tries,
  bubblewrap,
  landlock,
  off,
});
const held = (name: string, tries: string, off: Answer = "user"): Probe =>
  row(name, tries, "refused", "refused", off);

export const probes: Readonly<Record<string, readonly Probe[]>> = {
  "Files": [
    row("read_source", "read its sources", "allowed", "allowed", "allowed"),
    row("read_input", "read its input", "allowed", "allowed", "allowed"),
    row("write_output", "write into its output folder", "allowed", "allowed", "allowed"),
    row("write_temporary", "write into its TMPDIR", "allowed", "allowed", "allowed"),
    held("read_secret", "read `~/.ssh/id_ed25519`", "allowed"),
    held("read_shadow", "read `/etc/shadow`"),
    held("read_undeclared", "read a file of the project that it does not declare", "allowed"),
    held("read_other_step", "read another step's folder", "allowed"),
    held("read_database", "read the tracker's database", "allowed"),
    held("follow_link_out", "read what a link in its output folder leads to", "allowed"),
    row(
      "stat_undeclared",
      "see that a file is there, with its size and times",
      "refused",
      "allowed",
      "allowed",
    ),
    row("list_project", "list names in its working folder", "refused", "allowed", "allowed"),
    held("list_root", "list the root folder of the machine", "allowed"),
    held("write_source", "write its sources", "allowed"),
    held("write_input", "write its input", "allowed"),
    held("link_input", "take its input into its outputs by a hard link", "allowed"),
    held("remove_input", "remove its input", "allowed"),
    held("write_project", "make a file beside its sources", "allowed"),
    row("chmod_source", "change the mode of its sources", "refused", "allowed", "allowed"),
    row("touch_source", "change the times of its sources", "refused", "allowed", "allowed"),
    held("setuid_file", "leave a setuid program in its outputs", "allowed"),
    held("make_device", "make a device in its outputs"),
    row("shared_tmp", "write into `/tmp`", "own", "refused", "allowed"),
    row("users", "read the names of the machine's users", "own", "allowed", "allowed"),
    held("sys", "look into `/sys`", "allowed"),
  ],
  "Network": [
    held("tcp", "connect to a TCP server of this machine", "allowed"),
    held("udp", "ask a UDP server of this machine", "allowed"),
    held("abstract_socket", "connect to an abstract Unix socket", "allowed"),
    held("path_socket", "connect to a Unix socket by its path", "allowed"),
    row("listen", "listen on a TCP port", "own", "refused", "allowed"),
    row("local_socket", "make a Unix socket of its own in its TMPDIR", "allowed", "refused", "allowed"),
    held("vsock", "make a socket to the host of a virtual machine"),
    row("hostname", "learn the machine's name", "own", "allowed", "allowed"),
  ],
  "Other programs": [
    row(
      "own_processes",
      "share its work by Python's `multiprocessing.Pool`",
      "allowed",
      "allowed",
      "allowed",
    ),
    held("environment", "read a variable of its caller that it was not granted", "refused"),
    held("environment_of_parent", "read the environment of sluice from `/proc`", "allowed"),
    row("see_processes", "see other processes, with their arguments", "refused", "allowed", "allowed"),
    held("signal", "send a signal to another process", "allowed"),
    held("priority", "change another process's priority", "allowed"),
    held("limits", "look at another process's limits, or change them", "allowed"),
    row("processors", "choose the processors of another process", "refused", "user", "user"),
    held("ptrace_attach", "trace another process"),
    held("ptrace_child", "trace a process of its own", "allowed"),
    held("process_memory", "read another process's memory"),
    held("system_v_memory", "attach System V memory of another process", "allowed"),
    row("shared_memory_folder", "write into `/dev/shm`", "own", "allowed", "allowed"),
    held("shared_memory_list", "list another program's memory in `/dev/shm`", "allowed"),
    row("shared_memory_named", "open it, knowing its name", "refused", "allowed", "allowed"),
    held("descriptors", "use a descriptor above 2 that sluice was started with", "allowed"),
    held("standard_input", "read something from its standard input", "refused"),
    held("tiocsti", "type into its caller's terminal (TIOCSTI)", "allowed"),
    held("tiocsti_high", "the same with high bits set in the request", "allowed"),
    held("tioclinux", "paste on the console (TIOCLINUX)", "allowed"),
    held("tioclinux_high", "the same with high bits set in the request", "allowed"),
  ],
  "Rights": [
    held("capabilities", "hold a capability"),
    held("new_privileges", "gain rights by starting a setuid program", "allowed"),
    held("setuid", "become another user"),
    held("unshare", "make a user namespace by `unshare`"),
    held("clone_user", "make a user namespace by `clone`"),
    held("clone3", "make any process by `clone3`, whose flags cannot be looked at", "allowed"),
    held("setns", "enter another namespace", "allowed"),
    held("mount", "mount a file system"),
    held("mount_new", "mount by the newer calls"),
    held("chroot", "change its root folder"),
  ],
  "The kernel": [
    held("kernel_log", "read the kernel's log by `syslog`"),
    held("kmsg", "read it from `/dev/kmsg`"),
    held("kernel_settings", "change the kernel's settings in `/proc/sys`"),
    held("system_request", "use `/proc/sysrq-trigger`"),
    held("keyctl", "use the user's keyring", "allowed"),
    held("add_key", "add a key to it", "allowed"),
    held("bpf", "load a BPF program"),
    held("perf", "count events of the processor (`perf_event_open`)"),
    held("userfaultfd", "handle page faults (`userfaultfd`)"),
    held("io_uring", "use `io_uring`, which does without the calls that are looked at"),
    held("open_by_handle", "open a file by its handle"),
    held("load_module", "load a module"),
    held("kexec", "start another kernel"),
  ],
};
