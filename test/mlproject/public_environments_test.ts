/** The environment files of MLflow's own examples, read as what uv makes. */
import assert from "node:assert/strict";
import { condaAsPypi } from "../../src/mlproject/conda_as_pypi.ts";
import { readCondaEnv } from "../../src/mlproject/read_conda_env.ts";
import { readPythonEnv } from "../../src/mlproject/read_python_env.ts";
import { publicCondaEnvs, publicPythonEnvs } from "./public_projects.ts";

Deno.test("the conda.yaml of MLflow's examples are read as packages of PyPI", () => {
  assert.deepEqual(publicCondaEnvs.map((text) => condaAsPypi(readCondaEnv(text, "conda.yaml"))), [
    { python: "3.6", requirements: ["xgboost", "mlflow>=1.6.0", "matplotlib"] },
    { requirements: ["mlflow>=1.0", "catboost"] },
    {
      python: "3.6",
      requirements: [
        ...["numpy==1.14.2", "keras==2.2.4", "pandas", "tensorflow-gpu==1.10.0"],
        ...["mlflow", "click==6.7", "scikit-learn", "pillow"],
      ],
    },
    { requirements: ["numpy>=1.14.3", "pandas>=1.0.0", "scikit-learn>0.19.1", "mlflow"] },
  ]);
});

Deno.test("the python_env.yaml of MLflow's examples are read with what builds first", () => {
  assert.deepEqual(publicPythonEnvs.map((text) => readPythonEnv(text, "python_env.yaml")), [
    { python: "3.8", requirements: ["pip", "scikit-learn==1.2.0", "mlflow>=1.0", "pandas"] },
    {
      python: "3.8",
      requirements: [
        "pip",
        "tensorflow==1.15.2",
        "keras==2.2.4",
        "mlflow>=1.0",
        "pyspark",
        "requests",
        "click",
      ],
    },
  ]);
});
