"""Splits scikit-learn's own iris measurements into a table to train on and one to test on."""

import argparse
import json
import os

import pandas
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", help="csv to write")
    parser.add_argument("test", help="csv to write")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--test-size", type=float, required=True)
    given = parser.parse_args()

    flowers = read_flowers()
    train, test = train_test_split(
        flowers, test_size=given.test_size, random_state=given.seed, stratify=flowers["species"]
    )
    train.to_csv(given.train, index=False)
    test.to_csv(given.test, index=False)

    # A step without MLflow logs by appending JSON lines to this file.
    with open(os.environ["SLUICE_LOG"], "a", encoding="utf-8") as log:
        for name, table in [("train_rows", train), ("test_rows", test)]:
            print(json.dumps({"metric": name, "value": len(table)}), file=log)
    print(f"{len(train)} flowers to train on, {len(test)} to test on")


def read_flowers() -> pandas.DataFrame:
    """150 rows: four lengths in centimetres and the name of the species."""
    iris = load_iris()
    columns = [name.removesuffix(" (cm)").replace(" ", "_") for name in iris.feature_names]
    flowers = pandas.DataFrame(iris.data, columns=columns)
    flowers["species"] = iris.target_names[iris.target]
    return flowers


main()
