"""Runs exported projects by MLflow's own API, each in a folder of its own.

Standard input: a list of {project, folder, entryPoint, parameters}; standard output, the last line: whether each failed.
"""

import json
import os
import sys

import mlflow


def fails(call):
    os.chdir(call["folder"])
    os.environ["MLFLOW_TRACKING_URI"] = "sqlite:///" + os.path.join(call["folder"], "mlflow.db")
    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    try:
        mlflow.projects.run(
            call["project"], entry_point=call["entryPoint"], parameters=call["parameters"], env_manager="local"
        )
        return False
    except Exception:
        return True


answers = [fails(call) for call in json.load(sys.stdin)]
print()
print(json.dumps(answers))
