"""Tests a model on flowers it has not seen."""

import argparse
import json

import mlflow
import mlflow.sklearn
import pandas
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="folder of a saved model")
    parser.add_argument("test", help="csv to test on")
    parser.add_argument("report", help="json to write")
    given = parser.parse_args()

    flowers = pandas.read_csv(given.test)
    species = flowers["species"]
    predicted = mlflow.sklearn.load_model(given.model).predict(flowers.drop(columns="species"))
    metrics = {
        "accuracy": accuracy_score(species, predicted),
        "f1": f1_score(species, predicted, average="macro"),
    }
    with mlflow.start_run():
        mlflow.log_metrics(metrics)

    labels = sorted(species.unique())
    confusion = confusion_matrix(species, predicted, labels=labels)
    report = {
        **metrics,
        "flowers": len(flowers),
        # Of each true species, how many were taken for which.
        "confusion": {
            label: dict(zip(labels, row)) for label, row in zip(labels, confusion.tolist())
        },
    }
    with open(given.report, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=2)
    print(pandas.DataFrame(confusion, index=labels, columns=labels).to_string())


main()
