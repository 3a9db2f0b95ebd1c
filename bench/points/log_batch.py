"""Points logged as MLflow's own client logs them, a thousand at a time, to a new SQLite file in the working folder.

Argument: how many points. Prints how long it took, in seconds.
"""

import sys
import time

from mlflow import MlflowClient
from mlflow.entities import Metric

points = int(sys.argv[1])
client = MlflowClient("sqlite:///mlflow.db")
run = client.create_run(client.create_experiment("points")).info.run_id
begun = time.perf_counter()
for first in range(0, points, 1000):
    now = int(time.time() * 1000)
    metrics = [Metric("loss", 1 / (step + 1), now, step) for step in range(first, min(points, first + 1000))]
    client.log_batch(run, metrics=metrics)
print(time.perf_counter() - begun)
