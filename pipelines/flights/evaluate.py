"""Compares the delays of all flights with what the model that has not seen their day says of them."""

import argparse
import json
import os

import matplotlib

matplotlib.use("agg")

import mlflow.sklearn
import pandas
from matplotlib import pyplot
from sklearn.metrics import r2_score, root_mean_squared_error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flights", help="csv of flights")
    parser.add_argument("folds", help="csv that gives each day a fold")
    parser.add_argument("plot", help="png to write")
    parser.add_argument("report", help="json to write")
    parser.add_argument("--models", nargs="+", required=True, help="a folder for each fold, in their order")
    parser.add_argument("--rmse-mean", type=float, required=True)
    parser.add_argument("--rmse-spread", type=float, required=True)
    given = parser.parse_args()

    flights = pandas.read_csv(given.flights).merge(pandas.read_csv(given.folds), on=["month", "day"])
    flights["predicted"] = 0.0
    for fold, folder in enumerate(given.models):
        rows = flights["fold"] == fold
        features = flights[rows].drop(columns=["fold", "arr_delay", "predicted"])
        flights.loc[rows, "predicted"] = mlflow.sklearn.load_model(folder).predict(features)

    metrics = {
        "rmse": root_mean_squared_error(flights["arr_delay"], flights["predicted"]),
        "r2": r2_score(flights["arr_delay"], flights["predicted"]),
    }
    title = f"RMSE {given.rmse_mean:.1f} ± {given.rmse_spread:.1f} minutes over {len(given.models)} folds"
    draw(flights, title, given.plot)
    carriers = flights.groupby("carrier")[["arr_delay", "predicted"]].mean().round(2)
    report = {
        **metrics,
        "rmse_mean": given.rmse_mean,
        "rmse_spread": given.rmse_spread,
        "flights": len(flights),
        "carriers": carriers.to_dict(orient="index"),
    }
    with open(given.report, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=2)
    with open(os.environ["SLUICE_LOG"], "a", encoding="utf-8") as log:
        for name, value in metrics.items():
            print(json.dumps({"metric": name, "value": value}), file=log)
    print(title)


def draw(flights: pandas.DataFrame, title: str, path: str) -> None:
    """The mean delay that happened and the mean predicted, by scheduled hour and by month."""
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    for axis, column in zip(axes, ["hour", "month"]):
        means = flights.groupby(column)[["arr_delay", "predicted"]].mean()
        axis.plot(means.index, means["arr_delay"], "o-", label="actual")
        axis.plot(means.index, means["predicted"], "s--", label="predicted")
        axis.set_xlabel("scheduled hour" if column == "hour" else column)
    axes[0].set_ylabel("mean arrival delay, minutes")
    axes[0].legend()
    figure.suptitle(title)
    figure.savefig(path, dpi=100)


main()
