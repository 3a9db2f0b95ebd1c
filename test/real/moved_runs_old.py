"""Runs as a client of older MLflow writes them into its folder: `moved_runs_old.py FOLDER`."""
import os, sys, tempfile

import mlflow
from mlflow.tracking import MlflowClient

mlflow.set_tracking_uri("file://" + sys.argv[1])
client = MlflowClient()
experiment = client.create_experiment("older")
client.set_experiment_tag(experiment, "team", "a: b #c")
with mlflow.start_run(experiment_id=experiment, tags={"yes": "no"}) as run:
    mlflow.log_params({"alpha": "1e3", "a/b": "~"})
    for step in range(100):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    # Of values of one step in one millisecond MLflow's folders take another for the latest than its databases do.
    for step, value in enumerate((float("nan"), float("inf"), 1e-7)):
        mlflow.log_metric("odd", value, step=step)
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "a.txt"), "w") as file:
            file.write("text")
        mlflow.log_artifacts(folder, "deep/er")
    with mlflow.start_run(nested=True, experiment_id=experiment):
        mlflow.set_tag("mlflow.note.content", "é\n- 'quoted'")
client.delete_run(client.create_run(experiment).info.run_id)
client.delete_experiment(client.create_experiment("gone"))
client.create_registered_model("reg", tags={"t": "u"}, description="x: y")
source = run.info.artifact_uri + "/deep"
client.create_model_version("reg", source, run.info.run_id, tags={"q": "w"})
