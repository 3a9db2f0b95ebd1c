"""Does with MLflow's own client what tracker_fidelity_test.ts does with ours, and tells what it sees in our file.

Arguments: our database, a JSON file of batches to be refused. Works on `mlflow.db` in the working folder.
"""

import json
import math
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.data.http_dataset_source import HTTPDatasetSource
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    LoggedModelParameter,
    LoggedModelStatus,
    Metric,
    Param,
    RunTag,
)
from mlflow.exceptions import MlflowException

ours, refused = sys.argv[1:]
mlflow.set_tracking_uri("sqlite:///mlflow.db")
client = MlflowClient()
source = HTTPDatasetSource("https://example.org/x.csv").to_json()


def make():
    """The same operations, in the same order, as `make` of the test."""
    experiment = client.create_experiment("flights", tags={"team": "a"})
    tags = {"mlflow.user": "ada", "mlflow.source.type": "PROJECT", "long": "t" * 9000}
    parent = client.create_run(experiment, start_time=1000, tags=tags, run_name="parent").info.run_id
    nested = {"mlflow.user": "ada", "mlflow.parentRunId": parent}
    child = client.create_run(experiment, start_time=2000, tags=nested, run_name="child").info.run_id
    client.log_batch(
        child,
        metrics=[
            Metric("loss", 0.5, 10, 0),
            Metric("loss", 0.25, 11, 1),
            Metric("loss", 0.25, 11, 1),
            Metric("loss", 7.0, 9, -3),
            Metric("nan", math.nan, 10, 0),
            Metric("far", math.inf, 10, 0),
            Metric("far", -math.inf, 10, 0),
            Metric("zero", -0.0, 10, 0),
            Metric("tiny", 5e-324, 10, 0),
        ],
        params=[Param("alpha", "0.1"), Param("long", "é" * 7000), Param("a/b c.d:e-f_g", "")],
        tags=[RunTag("t", "1"), RunTag("tagged", "x" * 9000)],
    )
    client.log_batch(child, metrics=[Metric("loss", 0.25, 11, 1), Metric("nan", -1.0, 10, 0)])
    client.log_batch(child, tags=[RunTag("t", "2"), RunTag("mlflow.runName", "renamed")])
    client.delete_tag(child, "tagged")
    dataset = Dataset("d", "abc", "http", source, "{}", None)
    client.log_inputs(child, [DatasetInput(dataset, [InputTag("mlflow.data.context", "train")])])
    model = client.create_logged_model(
        experiment, "model", child, tags={"k": "v"}, params={"p": "1"}, model_type="sklearn"
    ).model_id
    client.log_batch(child, metrics=[Metric("auc", 0.9, 12, 2, model_id=model, dataset_name="d", dataset_digest="abc")])
    client.log_model_params(model, {"q": "2"})
    client.set_logged_model_tags(model, {"k": "w"})
    client.finalize_logged_model(model, LoggedModelStatus.READY)
    client.log_inputs(parent, models=[LoggedModelInput(model)])
    client.log_outputs(child, [LoggedModelOutput(model, 2)])
    client.create_registered_model("registered", {"k": "v"}, "what it is")
    for _ in range(2):
        client.create_model_version("registered", f"models:/{model}", child, {"k": "v"}, description="one")
    client.set_registered_model_alias("registered", "best", "1")
    client.set_registered_model_alias("registered", "best", "2")
    client.set_terminated(child, "FAILED", 3000)
    client.update_run(parent, name="father")
    client.set_terminated(parent, "FINISHED", 4000)
    return child


def refusals(run):
    """MLflow's code and message for each batch that it refuses."""
    found = []
    for batch in json.load(open(refused)):
        try:
            client.log_batch(
                run,
                [Metric(m["key"], m["value"], m["timestamp"], m["step"]) for m in batch.get("metrics", [])],
                [Param(p["key"], p["value"]) for p in batch.get("parameters", [])],
                [RunTag(t["key"], t["value"]) for t in batch.get("tags", [])],
            )
            found.append(None)
        except MlflowException as error:
            found.append([error.error_code, error.message])
    return found


def seen():
    """What MLflow's client finds in our file."""
    theirs = MlflowClient(f"sqlite:///{ours}")
    experiment = theirs.get_experiment_by_name("flights")
    runs = theirs.search_runs([experiment.experiment_id])
    parent = next(run for run in runs if run.info.run_name == "father")
    nested = theirs.search_runs([experiment.experiment_id], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    history = theirs.get_metric_history(nested[0].info.run_id, "loss")
    return {
        "runs": [[run.info.run_name, run.info.status] for run in runs],
        "nested": [run.info.run_name for run in nested],
        "params": sorted(nested[0].data.params),
        "history": [[point.timestamp, point.step, point.value] for point in history],
        "artifacts": [[file.path, file.file_size] for file in theirs.list_artifacts(nested[0].info.run_id, "logs")],
        "model": theirs.get_logged_model(nested[0].outputs.model_outputs[0].model_id).status.value,
        "version": theirs.get_model_version_by_alias("registered", "best").version,
    }


child = make()
print(json.dumps({"refusals": refusals(child), "seen": seen()}))
