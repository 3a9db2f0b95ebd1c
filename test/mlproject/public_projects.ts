/** Projects among MLflow's own examples, as they stand or stood there: their files, and calls that their pages name. */
import type { ProjectCase } from "./project_case.ts";

const elasticnet = `name: tutorial

python_env: python_env.yaml

entry_points:
  main:
    parameters:
      alpha: {type: float, default: 0.5}
      l1_ratio: {type: float, default: 0.1}
    command: "python train.py {alpha} {l1_ratio}"
`;

const multistep = `name: multistep_example

conda_env: conda.yaml

entry_points:
  load_raw_data:
    command: "python load_raw_data.py"

  etl_data:
    parameters:
      ratings_csv: path
      max_row_limit: {type: int, default: 100000}
    command: "python etl_data.py --ratings-csv {ratings_csv} --max-row-limit {max_row_limit}"

  als:
    parameters:
      ratings_data: path
      max_iter: {type: int, default: 10}
      reg_param: {type: float, default: 0.1}
      rank: {type: int, default: 12}
    command: "python als.py --ratings-data {ratings_data} --max-iter {max_iter} --reg-param {reg_param} --rank {rank}"

  train_keras:
    parameters:
      ratings_data: path
      als_model_uri: string
      hidden_units: {type: int, default: 20}
    command: "python train_keras.py --ratings-data {ratings_data} --als-model-uri {als_model_uri} --hidden-units {hidden_units}"

  main:
    parameters:
      als_max_iter: {type: int, default: 10}
      keras_hidden_units: {type: int, default: 20}
      max_row_limit: {type: int, default: 100000}
    command: "python main.py --als-max-iter {als_max_iter} --keras-hidden-units {keras_hidden_units}
                             --max-row-limit {max_row_limit}"

`;

const hyperparam = `name: HyperparameterSearch

conda_env: conda.yaml

entry_points:
  # train Keras DL model
  train:
    parameters:
      training_data: {type: string, default: "../sklearn_elasticnet_wine/wine-quality.csv"}
      epochs: {type: int, default: 32}
      batch_size: {type: int, default: 16}
      learning_rate: {type: float, default: 1e-1}
      momentum: {type: float, default: .0}
      seed: {type: int, default: 97531}
    command: "python train.py {training_data}
                                    --batch-size {batch_size}
                                    --epochs {epochs}
                                    --learning-rate {learning_rate}
                                    --momentum {momentum}"
`;

const xgboost = `name: xgboost-example
conda_env: conda.yaml
entry_points:
  main:
    parameters:
      learning-rate: {type: float, default: 0.3}
      colsample-bytree: {type: float, default: 1.0}
      subsample: {type: float, default: 1.0}
    command: |
        python train.py \\
          --learning-rate={learning-rate} \\
          --colsample-bytree={colsample-bytree} \\
          --subsample={subsample}
`;

const catboost = `name: catboost-tutorial

conda_env: conda.yaml

entry_points:
  main:
    parameters:
        iterations: {type: int, default: 2}
        depth : {type: int, default: 2}
        learning_rate: {type:float, default: 1.0}
    command: "python train.py {iterations} {depth} {learning_rate}"
`;

const flowers = `name: FlowerClassifier

conda_env: conda.yaml

entry_points:
  # train Keras DL model
  train:
    parameters:
      training_data: {type: string, default: "./flower_photos"}
      epochs: {type: int, default: 1}
      batch_size: {type: int, default: 16}
      test_ratio: {type: float, default: 0.2}
      pretrained_weights: {type: string, default: "None"}
      seed: {type: int, default: 97531}
      model_type: {type: string, default: "VGG16"}
    command: "python train.py --training-data {training_data}
                              --batch-size {batch_size}
                              --epochs {epochs}
                              --test-ratio {test_ratio}
                              --pretrained-weights {pretrained_weights}
                              --model-type {model_type}"`;

const bigml = `name: tutorial

conda_env: conda.yaml

entry_points:
  main:
    parameters:
      args: {type: string, default: "{}"}
    command: "python train.py {args}"
`;

/** Their conda.yaml and python_env.yaml, in their order. */
export const publicCondaEnvs: readonly string[] = [
  "name: xgboost-example\nchannels:\n  - defaults\n  - anaconda\n  - conda-forge\ndependencies:\n  - python=3.6\n  - xgboost\n  - pip\n  - pip:\n      - mlflow>=1.6.0\n      - matplotlib\n",
  "name: catboost-tutorial\nchannels:\n  - conda-forge\ndependencies:\n  - mlflow>=1.0\n  - pip\n  - pip:\n      - catboost\n",
  "name: flower_classifier\nchannels:\n  - defaults\n  - anaconda\ndependencies:\n  - python==3.6\n  - numpy==1.14.2\n  - keras==2.2.4\n  - pandas\n  - pip:\n    - tensorflow-gpu==1.10.0\n    - mlflow\n    - click==6.7\n    - scikit-learn\n    - pillow\n",
  "name: tutorial\nchannels:\n  - defaults\ndependencies:\n  - numpy>=1.14.3\n  - pandas>=1.0.0\n  - scikit-learn>0.19.1\n  - pip\n  - pip:\n    - mlflow\n",
];
export const publicPythonEnvs: readonly string[] = [
  'python: "3.8"\nbuild_dependencies:\n  - pip\ndependencies:\n  - scikit-learn==1.2.0\n  - mlflow>=1.0\n  - pandas\n',
  'python: "3.8"\nbuild_dependencies:\n  - pip\ndependencies:\n  - tensorflow==1.15.2\n  - keras==2.2.4\n  - mlflow>=1.0\n  - pyspark\n  - requests\n  - click\n',
];

const conda = publicCondaEnvs[0]!;
/** Says what it was given, in the place of the example's own program. */
const say = { "train.py": "import sys\nprint(sys.argv)\n" };

export const publicProjects: readonly ProjectCase[] = [
  {
    name: "the example sklearn_elasticnet_wine",
    files: { MLproject: elasticnet, "python_env.yaml": publicPythonEnvs[0]!, ...say },
    arguments: ["project", "-P", "alpha=0.42"],
  },
  {
    name: "the example multistep_workflow, its first step",
    files: { MLproject: multistep, "conda.yaml": conda, "load_raw_data.py": "print(1)\n" },
    arguments: ["project", "-e", "load_raw_data"],
  },
  {
    name: "the example multistep_workflow, a step with a path",
    files: { MLproject: multistep, "conda.yaml": conda, "etl_data.py": "import sys\nprint(sys.argv)\n" },
    beside: { "ratings.csv": "1\n" },
    arguments: ["project", "-e", "etl_data", "-P", "ratings_csv=ratings.csv"],
  },
  {
    name: "the example multistep_workflow, its main",
    files: { MLproject: multistep, "conda.yaml": conda, "main.py": "import sys\nprint(sys.argv)\n" },
    arguments: ["project", "-P", "als_max_iter=5"],
  },
  {
    name: "the example multistep_workflow, a step without its parameters",
    files: { MLproject: multistep, "conda.yaml": conda },
    arguments: ["project", "-e", "train_keras"],
  },
  {
    name: "the example hyperparam",
    files: { MLproject: hyperparam, "conda.yaml": conda, ...say },
    arguments: ["project", "-e", "train", "-P", "epochs=3"],
  },
  { name: "the example xgboost", files: { MLproject: xgboost, "conda.yaml": conda, ...say } },
  {
    name: "the example catboost, whose type lacks a space",
    files: { MLproject: catboost, "conda.yaml": publicCondaEnvs[1]!, ...say },
  },
  {
    name: "the example flower_classifier",
    files: { MLproject: flowers, "conda.yaml": publicCondaEnvs[2]!, ...say },
    arguments: ["project", "-e", "train"],
  },
  { name: "the example bigml_train", files: { MLproject: bigml, "conda.yaml": conda, ...say } },
];
