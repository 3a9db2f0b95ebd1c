// Written by `sluice import` of MLproject.
// - Commands run in this folder and may write to it, with the network open, as `mlflow run` runs them; what else the user can reach they do not see, nor variables of the caller: `permissions` names what they do.
// - Parameters are those below: others, which `mlflow run` appends to a command, are refused.
// - It has no entry point `main`: when none is named, all run; `mlflow run` asks for one.
import { conda, float, main, pipeline, sh, step, string } from "sluice";

const env = conda({ file: "conda.yaml" });

const trainStep = step("train", {
  env,
  params: {
    alpha: float().default(0.5),
  },
  permissions: { net: true, write: ["."] },
  command: ({ params }) => sh`python train.py --alpha ${params.alpha}`,
});

const evaluateStep = step("evaluate", {
  env,
  params: {
    data_path: string(),
  },
  permissions: { net: true, write: ["."] },
  command: ({ params }) => sh`python eval.py --data-path ${params.data_path}`,
});

const irisClassifierPipeline = pipeline("Iris_Classifier", {
  params: {
    alpha: trainStep.params.alpha,
    data_path: evaluateStep.params.data_path,
  },
}, (params) => {
  const train = trainStep({ alpha: params.alpha });
  const evaluate = evaluateStep({ data_path: params.data_path });
  return { train, evaluate };
});

export default irisClassifierPipeline;
if (import.meta.main) await main(irisClassifierPipeline);
