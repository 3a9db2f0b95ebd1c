"""Runs each case by MLflow, in a process of its own that is forked after MLflow is loaded. JSON in, exit codes out."""

import json
import os
import sys
import traceback

import mlflow.cli
import mlflow.projects.backend.local  # loaded before the first case, so that no case waits for it


def run(case):
    os.chdir(case["folder"])
    os.environ.clear()
    os.environ.update(case["variables"])
    with open("mlflow.out", "w") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    code = 0
    try:
        mlflow.cli.cli(["run", *case["arguments"]], standalone_mode=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


codes = []
for case in json.load(sys.stdin):
    child = os.fork()
    if child == 0:
        run(case)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
json.dump(codes, sys.stdout)
