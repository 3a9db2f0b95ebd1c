"""Trains a model of arrival delays on all folds but one, and tests it on that one."""

import argparse
import json
import os
import pickle
import uuid

# Folds are trained side by side: one core each, and the same sums whatever the machine.
os.environ["OMP_NUM_THREADS"] = "1"

import mlflow
import mlflow.sklearn
import pandas
import sklearn
from mlflow.models import Model, infer_signature
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

NAMES = ["carrier", "origin", "dest"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flights", help="csv of flights")
    parser.add_argument("folds", help="csv that gives each day a fold")
    parser.add_argument("model", help="folder to save the model in; must not exist")
    parser.add_argument("report", help="json to write")
    parser.add_argument("--fold", type=int, required=True, help="the fold to test on")
    parser.add_argument("--iterations", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    given = parser.parse_args()

    flights = pandas.read_csv(given.flights).merge(pandas.read_csv(given.folds), on=["month", "day"])
    tested = flights.pop("fold") == given.fold
    delays = flights.pop("arr_delay")
    # A model that takes numbers takes missing ones as well, which whole numbers cannot be.
    flights = flights.astype({name: float for name in flights.columns.difference(NAMES)})

    predictor = make_predictor(given.iterations, given.learning_rate)
    predictor.fit(flights[~tested], delays[~tested])
    predicted = predictor.predict(flights[tested])
    mean = delays[~tested].mean()
    report = {
        "fold": given.fold,
        "flights": int(tested.sum()),
        "rmse": root_mean_squared_error(delays[tested], predicted),
        "mae": mean_absolute_error(delays[tested], predicted),
        # Of a predictor that always says the mean delay.
        "baseline_rmse": root_mean_squared_error(delays[tested], [mean] * int(tested.sum())),
    }
    with mlflow.start_run():
        mlflow.log_metrics({name: report[name] for name in ("rmse", "mae", "baseline_rmse")})
    with open(given.report, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=2)
    save_reproducibly(predictor, given.model, infer_signature(flights, predicted))
    print(f"fold {given.fold}: rmse {report['rmse']:.2f} minutes, {report['baseline_rmse']:.2f} by the mean")


def make_predictor(iterations: int, learning_rate: float):
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_pipeline(
        make_column_transformer((encoder, NAMES), remainder="passthrough"),
        HistGradientBoostingRegressor(
            max_iter=iterations,
            learning_rate=learning_rate,
            categorical_features=list(range(len(NAMES))),
            early_stopping=False,
            random_state=0,
        ),
    )


def save_reproducibly(predictor, folder: str, signature) -> None:
    """Saves the same bytes whenever the model is the same: no time, and an id made of the model itself."""
    identity = uuid.uuid5(uuid.NAMESPACE_OID, pickle.dumps(predictor).hex()).hex
    mlflow.sklearn.save_model(
        predictor,
        folder,
        mlflow_model=Model(utc_time_created="1970-01-01 00:00:00", model_uuid=identity),
        serialization_format="pickle",
        pip_requirements=[f"scikit-learn=={sklearn.__version__}"],
        signature=signature,
    )


main()
