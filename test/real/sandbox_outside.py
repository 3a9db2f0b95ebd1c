"""What lies outside a step's sandbox: servers that answer `outside`, shared memory, a process to be met.

Prints where they are as JSON and stays until its standard input ends. Its argument is a folder for the socket.
"""

import ctypes
import json
import os
import secrets
import socket
import sys
import threading

libc = ctypes.CDLL(None, use_errno=True)
name = f"sluice-probe-{secrets.token_hex(8)}"


def serve(server):
    while True:
        try:
            end, _ = server.accept()
        except OSError:
            return
        with end:
            end.recv(16)
            end.send(b"outside")


def serve_datagrams(server):
    while True:
        _, address = server.recvfrom(16)
        server.sendto(b"outside", address)


def listening(family, address):
    server = socket.socket(family)
    server.bind(address)
    server.listen()
    threading.Thread(target=serve, args=(server,), daemon=True).start()
    return server


tcp = listening(socket.AF_INET, ("127.0.0.1", 0))
path = os.path.join(sys.argv[1], "socket")
kept = [listening(socket.AF_UNIX, path), listening(socket.AF_UNIX, "\0" + name)]
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 0))
threading.Thread(target=serve_datagrams, args=(udp,), daemon=True).start()
free = socket.socket()
free.bind(("127.0.0.1", 0))
free_port = free.getsockname()[1]
free.close()
markers = [os.path.join(folder, name) for folder in ("/tmp", "/dev/shm")]
for marker in markers:
    with open(marker, "w") as file:
        file.write("outside")
shm = libc.shmget(0, 4096, 0o1600)
print(
    json.dumps(
        {
            "pid": os.getpid(),
            "tcp": tcp.getsockname()[1],
            "udp": udp.getsockname()[1],
            "path": path,
            "abstract": name,
            "free_port": free_port,
            "marker": name,
            "shm": shm,
            "hostname": socket.gethostname(),
        }
    ),
    flush=True,
)
sys.stdin.read()
libc.shmctl(shm, 0, None)
for marker in markers:
    os.unlink(marker)
