/** Iris: split the flowers, train a small neural network, test it. */
import { choice, dataset, file, float, int, main, model, pipeline, python, sh, step, string } from "sluice";

const env = python({
  version: "3.11",
  requirements: ["scikit-learn==1.7.2", "pandas==2.3.3", "mlflow-skinny==3.17.2"],
});

const Flowers = dataset({
  sepal_length: float(),
  sepal_width: float(),
  petal_length: float(),
  petal_width: float(),
  species: choice("setosa", "versicolor", "virginica"),
});

export const preprocess = step("preprocess", {
  description: "Split the flowers into a table to train on and one to test on",
  env,
  params: {
    seed: int().min(0).default(1).describe("Seed of the split"),
    test_size: float().min(0.1).max(0.5).default(0.2).describe("Share of the flowers to test on"),
  },
  outputs: { train: Flowers, test: Flowers },
  metrics: ["train_rows", "test_rows"],
  sources: ["preprocess.py"],
  command: ({ params, outputs }) =>
    sh`python preprocess.py ${outputs.train} ${outputs.test} --seed ${params.seed} --test-size ${params.test_size}`,
});

export const train = step("train", {
  description: "Train a neural network and log it with MLflow",
  env,
  params: {
    alpha: float().min(0).max(1).default(0.5).describe("Strength of the L2 penalty"),
    batch_size: int().min(8).max(256).default(32).describe("Flowers in a step of the optimizer"),
    register_as: string().default("").describe("Registered model to add a version to; empty for none"),
  },
  inputs: { flowers: Flowers },
  outputs: { model: model("sklearn") },
  metrics: ["loss"],
  sources: ["train.py"],
  command: ({ params, inputs, outputs }) =>
    sh`python train.py ${inputs.flowers} ${outputs.model}
      --alpha ${params.alpha} --batch-size ${params.batch_size} --register-as=${params.register_as}`,
});

export const evaluate = step("evaluate", {
  description: "Test the model on flowers it has not seen",
  env,
  inputs: { model: model("sklearn"), flowers: Flowers },
  outputs: { report: file({ format: "json" }) },
  metrics: ["accuracy", "f1"],
  sources: ["evaluate.py"],
  command: ({ inputs, outputs }) =>
    sh`python evaluate.py ${inputs.model} ${inputs.flowers} ${outputs.report}`,
});

const iris = pipeline("iris", {
  description: "Tell three species of iris apart by their measurements",
  params: train.params,
}, (params) => {
  const split = preprocess({});
  const trained = train({ flowers: split.train, ...params });
  const evaluated = evaluate({ model: trained.model, flowers: split.test });
  return { preprocess: split, train: trained, evaluate: evaluated };
});

export default iris;
if (import.meta.main) await main(iris);
