"""Runs scripts, each as a process of its own that has MLflow imported already.

Reads a JSON list of {"name", "variables", "source"} from standard input; writes a JSON list of {"name", "code",
"output"} to standard output. Importing MLflow takes seconds, a fork of it none.
"""

import json
import os
import sys
import tempfile
import traceback
import warnings

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot  # noqa: E402, F401
import mlflow  # noqa: E402
import mlflow.sklearn  # noqa: E402
import pandas  # noqa: E402, F401
import sklearn.linear_model  # noqa: E402, F401


def run(script):
    with tempfile.TemporaryFile("w+") as output:
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            os.environ.update(script["variables"])
            os.chdir(tempfile.mkdtemp(dir=os.environ.get("TMPDIR")))
            code = 0
            try:
                exec(compile(script["source"], script["name"], "exec"), {"__name__": "__main__"})
            except SystemExit as end:
                code = end.code or 0
            except BaseException:
                traceback.print_exc()
                code = 1
            mlflow.end_run()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return {"name": script["name"], "code": os.waitstatus_to_exitcode(status), "output": output.read()}


warnings.filterwarnings("ignore")
json.dump([run(script) for script in json.load(sys.stdin)], sys.stdout)
