"""Trains a small neural network on flowers, and logs its loss and itself with MLflow."""

import argparse
import pickle
import uuid

import mlflow
import mlflow.sklearn
import pandas
import sklearn
from mlflow.models import Model, infer_signature
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

EPOCHS = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", help="csv to train on")
    parser.add_argument("model", help="folder to save the model in; must not exist")
    parser.add_argument("--alpha", type=float, required=True, help="strength of the L2 penalty")
    parser.add_argument("--batch-size", type=int, required=True, help="flowers in a step of the optimizer")
    parser.add_argument("--register-as", default="", help="registered model to add a version to")
    given = parser.parse_args()

    flowers = pandas.read_csv(given.train)
    features, species = flowers.drop(columns="species"), flowers["species"]
    # sluice names its run in MLFLOW_RUN_ID: this goes on with that run, as under `mlflow run`.
    with mlflow.start_run():
        classifier = fit(features, species, given.alpha, given.batch_size)
        how = {
            "serialization_format": "pickle",
            "pip_requirements": [f"scikit-learn=={sklearn.__version__}"],
            "signature": infer_signature(features, classifier.predict(features)),
        }
        mlflow.sklearn.log_model(
            classifier,
            name="model",
            step=EPOCHS - 1,
            registered_model_name=given.register_as or None,
            **how,
        )
        save_reproducibly(classifier, given.model, how)


def fit(features: pandas.DataFrame, species: pandas.Series, alpha: float, batch_size: int):
    scaler = StandardScaler().fit(features)
    scaled = scaler.transform(features)
    network = MLPClassifier(
        hidden_layer_sizes=(16,),
        alpha=alpha,
        batch_size=min(batch_size, len(features)),
        learning_rate_init=0.02,
        random_state=0,
    )
    for epoch in range(EPOCHS):
        network.partial_fit(scaled, species, classes=sorted(species.unique()))
        mlflow.log_metric("loss", network.loss_, step=epoch)
    print(f"loss {network.loss_:.4f} after {EPOCHS} epochs")
    return make_pipeline(scaler, network)


def save_reproducibly(classifier, folder: str, how: dict) -> None:
    """Saves the same bytes whenever the model is the same: no time, and an id made of the model itself."""
    identity = uuid.uuid5(uuid.NAMESPACE_OID, pickle.dumps(classifier).hex()).hex
    description = Model(utc_time_created="1970-01-01 00:00:00", model_uuid=identity)
    mlflow.sklearn.save_model(classifier, folder, mlflow_model=description, **how)


main()
