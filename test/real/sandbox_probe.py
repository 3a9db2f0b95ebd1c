"""What a step tries, each thing in a process of its own: prints one JSON object, an answer by name.

`allowed` when it was done, `refused` when it was not, `own` when the step was given one of its own instead.
The one argument is a JSON object of places outside, as sandbox_outside.py and sandbox_probe_run.ts made them.
"""

import ctypes
import errno
import json
import multiprocessing
import os
import platform
import resource
import socket
import struct
import sys

place = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"


class Refused(Exception):
    pass


def need(condition):
    if not condition:
        raise Refused


def call(x86, arm, *args):
    """A system call by its number; refused with EPERM, EACCES and ENOSYS, which a filter answers with."""
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    result = libc.syscall(ctypes.c_long(x86 if X86 else arm), *words)
    if result == -1:
        need(ctypes.get_errno() not in (errno.EPERM, errno.EACCES, errno.ENOSYS))
    return result


def read(path):
    with open(path, "rb") as file:
        return file.read(64)


def write(path):
    with open(path, "ab") as file:
        file.write(b"x")


def clone_into(flags):
    """As clone(2) does it: the child ends at once."""
    pid = libc.syscall(ctypes.c_long(56 if X86 else 220), ctypes.c_long(flags | 17), 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    need(pid > 0)
    os.waitpid(pid, 0)


def connect(kind, address, family=socket.AF_INET):
    with socket.socket(family, kind) as end:
        end.settimeout(2)
        end.connect(address)
        end.send(b"hello")
        need(end.recv(16) == b"outside")


def link_out():
    way = os.path.join(place["outputs"], "way")
    os.symlink(os.path.join(place["project"], "secret.txt"), way)
    read(way)


def hard_link(path):
    os.link(path, os.path.join(place["outputs"], "linked"))


def listen():
    with socket.socket() as end:
        end.bind(("127.0.0.1", place["free_port"]))
        end.listen()
    return "allowed" if sees_outside() else "own"


def local_socket():
    path = os.path.join(os.environ["TMPDIR"], "own")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)


def own_processes():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        need(pool.map(abs, [-1, 2]) == [1, 2])


def sees_outside():
    return os.path.exists(f"/proc/{place['pid']}")


def shared_folder(folder):
    """Whether what is written there can be met outside."""
    path = os.path.join(folder, f"sluice-probe-{os.getpid()}")
    write(path)
    os.unlink(path)
    return "allowed" if os.path.exists(os.path.join(folder, place["marker"])) else "own"


def hostname():
    return "allowed" if socket.gethostname() == place["hostname"] else "own"


def users():
    with open("/etc/passwd") as file:
        return "allowed" if len(file.readlines()) > 1 else "own"


def standard_input():
    need(os.read(0, 1) != b"")


def capabilities():
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    need(any(int(lines[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")))


def new_privileges():
    with open("/proc/self/status") as file:
        need(dict(line.split(":", 1) for line in file)["NoNewPrivs"].strip() == "0")


def push_letter(high):
    """TIOCSTI; a filter refuses with EPERM, before the kernel sees that this is no terminal."""
    call(16, 29, 0, (high << 32) | 0x5412, ctypes.c_char_p(b"x"))


def console(high):
    call(16, 29, 0, (high << 32) | 0x541C, ctypes.c_char_p(b"\2"))


def process_memory():
    buffer = ctypes.create_string_buffer(8)
    local = struct.pack("PN", ctypes.addressof(buffer), 8)
    call(310, 270, place["pid"], ctypes.c_char_p(local), 1, ctypes.c_char_p(local), 1, 0)


def trace_child():
    pid = os.fork()
    if pid == 0:
        os._exit(0 if libc.ptrace(0, 0, 0, 0) == 0 else 1)
    need(os.waitpid(pid, 0)[1] == 0)


def setuid_file():
    path = os.path.join(place["outputs"], "setuid")
    write(path)
    os.chmod(path, 0o4755)


def set_time(path):
    os.utime(path, (1, 1))


def shared_memory_of_others():
    libc.shmat.restype = ctypes.c_void_p
    need(libc.shmat(place["shm"], None, 0o10000) != ctypes.c_void_p(-1).value)


def mount():
    need(libc.mount(b"none", place["outputs"].encode(), b"tmpfs", 0, None) == 0)
    libc.umount2(place["outputs"].encode(), 2)


probes = {
    "read_secret": lambda: read(place["secret"]),
    "read_shadow": lambda: read("/etc/shadow"),
    "read_undeclared": lambda: read(f"{place['project']}/secret.txt"),
    "read_other_step": lambda: read(place["other_step"]),
    "read_database": lambda: read(place["database"]),
    "stat_undeclared": lambda: os.stat(f"{place['project']}/secret.txt"),
    "list_project": lambda: need("secret.txt" in os.listdir(place["project"])),
    "list_root": lambda: need("home" in os.listdir("/") and "root" in os.listdir("/")),
    "read_source": lambda: read(place["source"]),
    "read_input": lambda: read(place["input"]),
    "write_source": lambda: write(place["source"]),
    "link_input": lambda: hard_link(place["input"]),
    "write_input": lambda: write(place["input"]),
    "remove_input": lambda: os.unlink(place["input"]),
    "chmod_source": lambda: os.chmod(place["source"], 0o600),
    "touch_source": lambda: set_time(place["source"]),
    "write_project": lambda: write(f"{place['project']}/new.txt"),
    "write_output": lambda: write(f"{place['outputs']}/new.txt"),
    "write_temporary": lambda: write(f"{os.environ['TMPDIR']}/new.txt"),
    "follow_link_out": link_out,
    "shared_tmp": lambda: shared_folder("/tmp"),
    "shared_memory_folder": lambda: shared_folder("/dev/shm"),
    "shared_memory_list": lambda: need(place["marker"] in os.listdir("/dev/shm")),
    "shared_memory_named": lambda: read(f"/dev/shm/{place['marker']}"),
    "system_v_memory": shared_memory_of_others,
    "sys": lambda: os.listdir("/sys/kernel"),
    "kernel_settings": lambda: os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY)),
    "setuid_file": setuid_file,
    "system_request": lambda: os.close(os.open("/proc/sysrq-trigger", os.O_WRONLY)),
    "make_device": lambda: os.mknod(f"{place['outputs']}/disk", 0o60600, os.makedev(8, 0)),
    "tcp": lambda: connect(socket.SOCK_STREAM, ("127.0.0.1", place["tcp"])),
    "udp": lambda: connect(socket.SOCK_DGRAM, ("127.0.0.1", place["udp"])),
    "abstract_socket": lambda: connect(socket.SOCK_STREAM, "\0" + place["abstract"], socket.AF_UNIX),
    "path_socket": lambda: connect(socket.SOCK_STREAM, place["path"], socket.AF_UNIX),
    "listen": listen,
    "local_socket": local_socket,
    "vsock": lambda: socket.socket(40, socket.SOCK_STREAM).close(),
    "hostname": hostname,
    "signal": lambda: os.kill(place["pid"], 0),
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, place["pid"], os.getpriority(os.PRIO_PROCESS, place["pid"])),
    "limits": lambda: resource.prlimit(place["pid"], resource.RLIMIT_CORE),
    "processors": lambda: os.sched_setaffinity(place["pid"], os.sched_getaffinity(place["pid"])),
    "own_processes": own_processes,
    "see_processes": lambda: read(f"/proc/{place['pid']}/cmdline"),
    "environment_of_parent": lambda: read(f"/proc/{place['pid']}/environ"),
    "environment": lambda: need("SLUICE_PROBE_SECRET" in os.environ),
    "ptrace_attach": lambda: call(101, 117, 0x4206, place["pid"], 0, 0) == 0 or need(False),
    "ptrace_child": trace_child,
    "process_memory": process_memory,
    "users": users,
    "standard_input": standard_input,
    "capabilities": capabilities,
    "new_privileges": new_privileges,
    "setuid": lambda: os.setuid(12345),
    "tiocsti": lambda: push_letter(0),
    "tiocsti_high": lambda: push_letter(0xDEADBEEF),
    "tioclinux": lambda: console(0),
    "tioclinux_high": lambda: console(1),
    "mount": mount,
    "mount_new": lambda: need(call(430, 430, ctypes.c_char_p(b"tmpfs"), 0) >= 0),
    "unshare": lambda: need(libc.unshare(0x10000000) == 0),
    "clone_user": lambda: clone_into(0x10000000),
    "clone3": lambda: call(435, 435, 0, 0),
    "setns": lambda: call(308, 268, -1, 0),
    "chroot": lambda: os.chroot(place["outputs"]),
    "kernel_log": lambda: need(call(103, 116, 3, ctypes.create_string_buffer(64), 64) >= 0),
    "kmsg": lambda: os.close(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)),
    "keyctl": lambda: call(250, 219, 0, -3, 0, 0, 0),
    "add_key": lambda: call(248, 217, ctypes.c_char_p(b"user"), ctypes.c_char_p(b"n"), 0, 0, -99),
    "bpf": lambda: call(321, 280, 0, 0, 0),
    "perf": lambda: call(298, 241, 0, 0, -1, -1, 0),
    "userfaultfd": lambda: call(323, 282, 1),
    "io_uring": lambda: call(425, 425, 1, 0),
    "open_by_handle": lambda: call(304, 265, -1, 0, 0),
    "load_module": lambda: call(313, 273, -1, 0, 0),
    "kexec": lambda: call(320, 294, -1, -1, 0, 0, 0),
}


def answer(probe):
    """Of a process of its own, as one that breaks a filter may be ended."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        try:
            said = probe()
            said = said if isinstance(said, str) else "allowed"
        except (OSError, Refused):
            said = "refused"
        except BaseException as error:
            said = f"broken: {error!r}"
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as end:
        said = end.read()
    os.waitpid(pid, 0)
    return said or "refused"


def descriptors_first():
    """Before this program opens pipes of its own."""
    return "allowed" if any(os.path.exists(f"/proc/self/fd/{fd}") for fd in range(3, 100)) else "refused"


answers = {"descriptors": descriptors_first()}
for name, probe in probes.items():
    answers[name] = answer(probe)
print(json.dumps(answers))
