"""Prints what MLflow's own client says of a tracking database, as JSON.

Arguments: the database's URI, then names of metrics whose history is wanted.
"""

import json
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.models import Model


def main(uri: str, histories: list[str]) -> None:
    mlflow.set_tracking_uri(uri)
    client = MlflowClient()
    experiments = {found.experiment_id: found.name for found in client.search_experiments()}
    runs = client.search_runs(list(experiments), order_by=["attributes.start_time ASC"])
    models = client.search_logged_models(list(experiments)) if experiments else []
    print(
        json.dumps(
            {
                "runs": [read_run(client, run, experiments, histories) for run in runs],
                "loggedModels": [
                    {
                        "name": model.name,
                        "status": str(model.status),
                        "runId": model.source_run_id,
                        "flavors": sorted(Model.load(model.artifact_location).flavors),
                        "metrics": {metric.key: metric.value for metric in model.metrics or []},
                    }
                    for model in models
                ],
                "versions": [
                    {
                        "name": version.name,
                        "version": str(version.version),
                        "status": version.status,
                        "runId": version.run_id,
                        "flavors": sorted(
                            mlflow.models.get_model_info(f"models:/{version.name}/{version.version}").flavors
                        ),
                    }
                    for version in client.search_model_versions()
                ],
            }
        )
    )


def read_run(client: MlflowClient, run, experiments: dict[str, str], histories: list[str]) -> dict:
    return {
        "id": run.info.run_id,
        "name": run.info.run_name,
        "experiment": experiments[run.info.experiment_id],
        "status": run.info.status,
        "params": run.data.params,
        "metrics": run.data.metrics,
        "tags": run.data.tags,
        "artifacts": sorted(list_files(client, run.info.run_id)),
        "histories": {
            name: [
                [point.step, point.value] for point in client.get_metric_history(run.info.run_id, name)
            ]
            for name in histories
            if name in run.data.metrics
        },
    }


def list_files(client: MlflowClient, run_id: str, path: str | None = None):
    for artifact in client.list_artifacts(run_id, path):
        if artifact.is_dir:
            yield from list_files(client, run_id, artifact.path)
        else:
            yield artifact.path


main(sys.argv[1], sys.argv[2:])
