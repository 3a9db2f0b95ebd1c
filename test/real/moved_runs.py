"""Runs as MLflow's client makes and reads them: `make URI…`, then `dump URI…`, which prints a list of what it reads."""
import json, os, sys, tempfile, warnings

warnings.simplefilter("ignore")
import mlflow
import mlflow.pyfunc
import numpy
from mlflow.entities import ViewType
from mlflow.tracking import MlflowClient


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input):
        return model_input


def make(uri):
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = MlflowClient(uri, uri)
    experiment = client.create_experiment("old names: é", tags={"team": "a b"})
    tags = {"note": "two\nlines é 𝛼", "a/b": "x", "empty": ""}
    run = client.create_run(experiment, run_name="1e3", tags=tags).info.run_id
    client.log_param(run, "alpha", "0.1")
    client.log_param(run, "sub/b c", "no\nyes")
    points = [(0, 1.5), (1, float("nan")), (1, 2.5), (2, float("inf")), (3, float("-inf")), (3, 1e-300), (-4, 0.1)]
    for step, value in points:
        client.log_metric(run, "loss", value, timestamp=1700000000000 + step, step=step)
    client.log_metric(run, "val/acc", 0.5, timestamp=1700000000000, step=0)
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "ü ü.bin"), "wb") as file:
            file.write(bytes(range(256)) * 1000)
        client.log_artifact(run, os.path.join(folder, "ü ü.bin"), "d/e")
    with mlflow.start_run(run_id=run):
        mlflow.log_input(mlflow.data.from_numpy(numpy.array([1.0, 2.0]), name="ds"), context="training")
        with mlflow.start_run(nested=True, run_name="kid", experiment_id=experiment):
            mlflow.log_metric("m", 1)
        model = mlflow.pyfunc.log_model(
            name="mod", python_model=Echo(), registered_model_name="reg", params={"p": "1"}, pip_requirements=[]
        )
        mlflow.log_metric("mm", 0.25, step=2, model_id=model.model_id)
    client.set_registered_model_alias("reg", "champion", "1")
    client.set_model_version_tag("reg", "1", "q", "w")
    client.set_registered_model_tag("reg", "t", "u")
    client.update_registered_model("reg", "described")
    client.delete_run(client.create_run(experiment).info.run_id)
    gone = client.create_experiment("gone")
    client.create_run(gone)
    client.delete_experiment(gone)


# MLflow's database has no infinities.
def number(value):
    return repr(value).replace("1.7976931348623157e+308", "inf")


def files_below(folder):
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            # MLflow writes this one where it reads a registered model.
            if name == "registered_model_meta":
                continue
            path = os.path.join(at, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read().hex()
    return found


def dump_run(client, uri, run, is_active):
    info = run.info
    history = {
        key: sorted((point.timestamp, number(point.value), point.step) for point in set_of(client, info.run_id, key))
        for key in (run.data.metrics if is_active else [])
    }
    listed = client.list_artifacts(info.run_id) if is_active else []
    return {
        "name": info.run_name,
        "user": info.user_id,
        "status": info.status,
        "start": info.start_time,
        "end": info.end_time,
        "stage": info.lifecycle_stage,
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": {key: number(value) for key, value in run.data.metrics.items()},
        "history": history,
        "artifacts": files_below(mlflow.artifacts.download_artifacts(run_id=info.run_id, tracking_uri=uri)) if listed else {},
        "datasets": [[one.dataset.to_dictionary(), {tag.key: tag.value for tag in one.tags}] for one in run.inputs.dataset_inputs],
        "outputs": [(one.model_id, one.step) for one in run.outputs.model_outputs] if run.outputs else [],
    }


# The folder of old keeps a point that is logged twice, the database one of them.
def set_of(client, run, key):
    return {(point.timestamp, repr(point.value), point.step): point for point in client.get_metric_history(run, key)}.values()


def dump_model(model):
    return {
        "name": model.name,
        "run": model.source_run_id,
        "status": str(model.status),
        "params": model.params,
        "tags": model.tags,
        "created": model.creation_timestamp,
        "files": files_below(mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{model.model_id}")),
        "predicts": mlflow.pyfunc.load_model(f"models:/{model.model_id}").predict([1]),
        "metrics": sorted((one.key, one.value, one.step, one.timestamp, one.run_id, one.dataset_name) for one in model.metrics or []),
    }


# A location below its store is another in each.
def source_of(version):
    return version.source if version.source.startswith("models:") else os.path.basename(version.source)


def dump(uri):
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = MlflowClient(uri, uri)
    experiments = {}
    for experiment in client.search_experiments(ViewType.ALL):
        is_active = experiment.lifecycle_stage == "active"
        runs = client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL)
        models = client.search_logged_models([experiment.experiment_id]) if is_active else []
        experiments[experiment.name] = {
            "stage": experiment.lifecycle_stage,
            "tags": experiment.tags,
            "runs": {run.info.run_id: dump_run(client, uri, run, is_active and run.info.lifecycle_stage == "active") for run in runs},
            "models": {model.model_id: dump_model(model) for model in models},
        }
    registry = {}
    for model in client.search_registered_models():
        versions = client.search_model_versions(f"name='{model.name}'")
        registry[model.name] = {
            "description": model.description,
            "tags": model.tags,
            "aliases": {alias: int(version) for alias, version in model.aliases.items()},
            "created": model.creation_timestamp,
            "versions": [
                [int(one.version), one.run_id, one.tags, source_of(one), one.creation_timestamp, one.current_stage]
                for one in versions
            ],
            "predicts": [mlflow.pyfunc.load_model(f"models:/{model.name}@{alias}").predict([1]) for alias in model.aliases],
        }
    return {"experiments": experiments, "registry": registry}


if sys.argv[1] == "make":
    for uri in sys.argv[2:]:
        make(uri)
else:
    print(json.dumps([dump(uri) for uri in sys.argv[2:]]))
