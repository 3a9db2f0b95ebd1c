"""Runs one program to its end and prints what it took, as JSON.

Standard input: {"argv": [...], "folder": "...", "variables": {...}}. Standard output: {"wallMs": ..., "peakBytes": ...,
"code": ..., "stdout": "...", "stderr": "..."}. The peak is that of the largest process among the program and the
children it waited for, as wait4() gives it. The wall time is from fork to exit, without this helper's own start.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

asked = json.load(sys.stdin)
with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
    started = time.monotonic()
    child = subprocess.Popen(
        asked["argv"],
        cwd=asked["folder"],
        env=asked["variables"],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
    )
    _, status, usage = os.wait4(child.pid, 0)
    ended = time.monotonic()
    child.returncode = os.waitstatus_to_exitcode(status)
    texts = []
    for stream in (out, err):
        stream.seek(0)
        texts.append(stream.read().decode(errors="replace"))
json.dump(
    {
        "wallMs": (ended - started) * 1000,
        "peakBytes": usage.ru_maxrss * 1024,
        "code": child.returncode,
        "stdout": texts[0],
        "stderr": texts[1],
    },
    sys.stdout,
)
